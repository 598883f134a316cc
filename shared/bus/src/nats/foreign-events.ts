import { setTimeout as sleep } from 'node:timers/promises'
import type { Msg } from '@nats-io/transport-node'
import type { EventSubject } from '../event-pattern.ts'
import { ACKNOWLEDGE, giveBackFor } from './answers.ts'
import type { DurablePatterns } from './durable-patterns.ts'
import { deliveryOf } from './pull-source.ts'

export interface ForeignWorld {
  /** The patterns that hold now; undefined where nobody has said which. */
  readonly patterns: () => Promise<DurablePatterns | undefined>
  readonly isClosed: () => boolean
  readonly onHandedBack: () => void
  /** Some are held no longer. */
  readonly onFree: () => void
}

interface Foreign {
  readonly event: EventSubject
  readonly message: Msg
}

/** So many are looked at together, and no more are fetched meanwhile. */
export const FOREIGN_MAX = 256
/** Between two questions for the patterns. */
const PAUSE_MS = 20
/**
 * How long they are away, by how often they were given out. Where old and new subscribers share a name, each delivery is as good as
 * tossed for; where only old ones are there, all that waits comes round once in ten seconds.
 */
const AWAY: readonly { readonly deliveriesMax: number; readonly ms: number }[] = [
  { deliveriesMax: 10, ms: 100 },
  { deliveriesMax: 20, ms: 1000 },
  { deliveriesMax: Number.POSITIVE_INFINITY, ms: 10_000 },
]

/**
 * Events that the patterns of this subscription do not take. The server's filter lets more through than the patterns, and those
 * are acknowledged; but another subscription may have brought new patterns since, and what those take is handed back for it.
 * Each is judged by patterns that were read after it came.
 */
export class ForeignEvents {
  readonly #world: ForeignWorld
  #waiting: Foreign[] = []
  #judged: Foreign[] = []
  #isJudging = false

  constructor(world: ForeignWorld) {
    this.#world = world
  }

  get count(): number {
    return this.#waiting.length + this.#judged.length
  }

  take(event: EventSubject, message: Msg): void {
    this.#waiting.push({ event, message })
    if (!this.#isJudging) void this.#judge()
  }

  /** Hands back all that it has; nothing comes after that. */
  stop(): void {
    for (const { message } of [...this.#judged, ...this.#waiting]) this.#answer(message, giveBackFor())
    this.#judged = []
    this.#waiting = []
  }

  async #judge(): Promise<void> {
    this.#isJudging = true
    while (this.#waiting.length > 0) {
      this.#judged = this.#waiting
      this.#waiting = []
      try {
        const patterns = await this.#world.patterns()
        for (const { event, message } of this.#judged) {
          if (patterns?.take(event)) this.#handBack(message)
          else this.#answer(message, ACKNOWLEDGE)
        }
      } catch {
        // The server does not say: they come again.
        for (const { message } of this.#judged) this.#answer(message, giveBackFor(awayMs(1)))
      }
      this.#judged = []
      this.#world.onFree()
      await sleep(PAUSE_MS)
    }
    this.#isJudging = false
  }

  #handBack(message: Msg): void {
    this.#answer(message, giveBackFor(awayMs(deliveryOf(message).deliveries)))
    this.#world.onHandedBack()
  }

  /** Where the connection is closed for good, the server finds out by itself. */
  #answer(message: Msg, answer: string): void {
    if (!this.#world.isClosed()) message.respond(answer)
  }
}

function awayMs(deliveries: number): number {
  return AWAY.find(({ deliveriesMax }) => deliveries <= deliveriesMax)?.ms ?? 0
}
