import { isJsonObject } from '@powerbus/drp'
import type { Store } from '@powerbus/store'
import { type Clock, systemClock } from '@powerbus/turns'

const PREFIX = 'mute/'

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

  constructor(store: Store, clock: Pick<Clock, 'dateMs'> = systemClock) {
    this.#store = store
    this.#clock = clock
  }

  /** Gives the end, in milliseconds since 1970. Replaces an earlier mute. Throws StoreError. */
  async mute([kind, id]: Muted, name: string, durationMs: number): Promise<number> {
    const untilMs = this.#clock.dateMs() + durationMs
    await this.#store.set(keyOf(kind, id), { kind, id, name, untilMs }, { ttlMs: durationMs })
    return untilMs
  }

  /** False if it was not muted. Throws StoreError. */
  async unmute([kind, id]: Muted): Promise<boolean> {
    const was = await this.isMuted([kind, id])
    await this.#store.delete(keyOf(kind, id))
    return was
  }

  async isMuted([kind, id]: Muted): Promise<boolean> {
    const found = await this.#store.get(keyOf(kind, id))
    return isJsonObject(found) && Number(found.untilMs) > this.#clock.dateMs()
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
