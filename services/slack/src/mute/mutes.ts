import { isJsonObject } from '@powerbus/drp'
import type { Store } from '@powerbus/store'
import { type Clock, systemClock } from '@powerbus/turns'

const PREFIX = 'mute/'
/** How long what the store said counts: a mute of another replica holds here that much later, in milliseconds. */
const SEEN_MS = 1000

/** Kind of what is muted, and its id: the machine's UUID, or the channel's id in Slack. */
export type Muted = readonly ['machine' | 'channel', string]

export interface MuteEntry {
  readonly kind: string
  readonly id: string
  readonly name: string
  /** Milliseconds since 1970. */
  readonly untilMs: number
}

/** What is muted until a time: kept in the store, so that it holds over restarts and for all replicas. */
export class Mutes {
  readonly #store: Store
  readonly #clock: Pick<Clock, 'dateMs'>
  #seen: { readonly atMs: number; readonly entries: Promise<readonly MuteEntry[]> } | undefined

  constructor(store: Store, clock: Pick<Clock, 'dateMs'> = systemClock) {
    this.#store = store
    this.#clock = clock
  }

  /** Gives the end, in milliseconds since 1970. Replaces an earlier mute. Throws StoreError. */
  async mute([kind, id]: Muted, name: string, durationMs: number): Promise<number> {
    const untilMs = this.#clock.dateMs() + durationMs
    await this.#store.set(keyOf(kind, id), { kind, id, name, untilMs }, { ttlMs: durationMs })
    this.#seen = undefined
    return untilMs
  }

  /** False if it was not muted. Throws StoreError. */
  async unmute([kind, id]: Muted): Promise<boolean> {
    const was = await this.isMuted([kind, id])
    await this.#store.delete(keyOf(kind, id))
    this.#seen = undefined
    return was
  }

  /** Asked for every event and channel, so the store is asked once a second. Throws StoreError. */
  async isMuted([kind, id]: Muted): Promise<boolean> {
    const nowMs = this.#clock.dateMs()
    if (!this.#seen || Math.abs(nowMs - this.#seen.atMs) >= SEEN_MS) this.#seen = { atMs: nowMs, entries: this.list() }
    const seen = this.#seen
    try {
      return (await seen.entries).some((entry) => entry.kind === kind && entry.id === id && entry.untilMs > nowMs)
    } catch (error) {
      if (this.#seen === seen) this.#seen = undefined
      throw error
    }
  }

  async list(): Promise<readonly MuteEntry[]> {
    const found: MuteEntry[] = []
    for await (const { value } of this.#store.scan(PREFIX)) {
      if (!isJsonObject(value) || Number(value.untilMs) <= this.#clock.dateMs()) continue
      const { kind, id, name, untilMs } = value
      found.push({ kind: String(kind), id: String(id), name: String(name), untilMs: Number(untilMs) })
    }
    return found
  }
}

function keyOf(kind: string, id: string): string {
  return `${PREFIX}${kind}/${id}`
}
