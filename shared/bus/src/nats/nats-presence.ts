import { setTimeout as sleep } from 'node:timers/promises'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import type { Presence } from '../bus.ts'
import { BusError, messageOf } from '../bus-error.ts'
import { PresenceBoard } from '../presence-board.ts'
import { escapePart } from '../subject.ts'
import { ForeignMessages } from './foreign-messages.ts'
import { PRESENCE, WHO } from './nats-names.ts'
import { RECONNECT_MOST_MS } from './nats-settings.ts'

interface Beat {
  readonly presence: Presence
  /** Gone where it is not heard for so long. */
  readonly ttlMs: number
  readonly gone?: true
}

/** Heartbeats missed before somebody is gone. */
const MISSED = 3
/** How long those who are there have to say so when somebody asks for the first time. */
const GATHER_MS = 300

/** Heartbeats of those who are here, and a board of those who are heard. */
export class NatsPresence {
  readonly #connection: NatsConnection
  readonly #heartbeatMs: number
  readonly #onNotice: (message: string) => void
  readonly #foreign: ForeignMessages
  readonly #board: PresenceBoard
  readonly #announced = new Set<Presence>()
  #beating: NodeJS.Timeout | undefined
  #expiring: NodeJS.Timeout | undefined
  #gathering: Promise<void> | undefined
  #isConnected = true

  constructor(connection: NatsConnection, heartbeatMs: number, onNotice: (message: string) => void) {
    this.#connection = connection
    this.#heartbeatMs = heartbeatMs
    this.#onNotice = onNotice
    this.#foreign = new ForeignMessages(onNotice)
    this.#board = new PresenceBoard((error) => onNotice(`a presence listener failed: ${messageOf(error)}`))
  }

  /** Gives what takes it back. */
  announce(presence: Presence): () => void {
    if (!this.#beating) {
      const callback = () => this.beat()
      this.#connection.subscribe(WHO, { callback })
      this.#beating = setInterval(callback, this.#heartbeatMs)
      this.#beating.unref()
    }
    this.#announced.add(presence)
    this.#say(presence)
    return () => {
      if (this.#announced.delete(presence)) this.#say(presence, true)
    }
  }

  /** With all who have said by now that they are there. */
  async board(): Promise<PresenceBoard> {
    await this.#gather()
    return this.#board
  }

  beat(): void {
    for (const presence of this.#announced) this.#say(presence)
  }

  /** After a cut, in which nobody could be heard, all are asked, and get their time anew; some come back later than this one. */
  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected
    if (!isConnected) return
    this.beat()
    if (!this.#gathering) return
    this.#board.extend(performance.now() + RECONNECT_MOST_MS + this.#heartbeatMs * MISSED)
    this.#connection.publish(WHO)
  }

  close(): void {
    clearInterval(this.#beating)
    clearInterval(this.#expiring)
  }

  #say(presence: Presence, gone = false): void {
    if (this.#connection.isClosed()) return
    const beat: Beat = { presence, ttlMs: this.#heartbeatMs * MISSED, ...(gone && { gone }) }
    this.#connection.publish(subjectOf(presence), JSON.stringify(beat))
  }

  #gather(): Promise<void> {
    this.#gathering ??= (async () => {
      const callback = (error: Error | null, message: Msg) => {
        if (error) this.#onNotice(`presence cannot be heard: ${error.message}`)
        else this.#hear(message)
      }
      this.#connection.subscribe(`${PRESENCE}.>`, { callback })
      this.#connection.publish(WHO)
      let checkedMs = performance.now()
      this.#expiring = setInterval(() => {
        const nowMs = performance.now()
        // Nobody was heard while this process stood still: what came meanwhile is read after this.
        if (nowMs - checkedMs > this.#heartbeatMs) this.#board.extend(nowMs + this.#heartbeatMs)
        else if (this.#isConnected) this.#board.expire(nowMs)
        checkedMs = nowMs
      }, this.#heartbeatMs / 2)
      this.#expiring.unref()
      await sleep(GATHER_MS)
    })()
    return this.#gathering
  }

  #hear(message: Msg): void {
    try {
      const { presence, ttlMs, gone } = message.json<Beat>()
      if (typeof presence?.kind !== 'string' || typeof ttlMs !== 'number')
        throw new BusError('INPUT', 'not a heartbeat')
      // Who may send under one name may not speak for another.
      if (message.subject !== subjectOf(presence)) this.#foreign.ignore(`${PRESENCE}.>`, message)
      else if (gone) this.#board.gone(presence)
      else this.#board.here(presence, performance.now() + ttlMs)
    } catch (error) {
      this.#onNotice(`something that is no heartbeat was on ${message.subject}: ${messageOf(error)}`)
    }
  }
}

function subjectOf({ kind, name, instance }: Presence): string {
  return [PRESENCE, ...[kind, name, instance].map(escapePart)].join('.')
}
