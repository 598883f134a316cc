import type { Presence, PresenceChange } from './bus.ts'

interface Seen {
  readonly presence: Presence
  /** When it is gone unless it says so again, on the clock of `performance.now()`; Infinity for never. */
  until: number
}

/** Who was seen lately. */
export class PresenceBoard {
  readonly #seen = new Map<string, Seen>()
  readonly #listeners = new Set<(change: PresenceChange) => void>()
  readonly #onFailure: (error: unknown) => void

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  here(presence: Presence, until = Number.POSITIVE_INFINITY): void {
    const key = keyOf(presence)
    const present = this.#seen.get(key)
    if (present) {
      present.until = until
      return
    }
    this.#seen.set(key, { presence, until })
    this.#tell({ change: 'here', presence })
  }

  gone(presence: Presence): void {
    const present = this.#seen.get(keyOf(presence))
    if (!present) return
    this.#seen.delete(keyOf(presence))
    this.#tell({ change: 'gone', presence: present.presence })
  }

  /** Those whose time has passed are gone. */
  expire(now: number): void {
    for (const { presence, until } of [...this.#seen.values()]) if (until <= now) this.gone(presence)
  }

  /** Adds to everybody's time, after nobody could be heard. */
  extend(until: number): void {
    for (const seen of this.#seen.values()) seen.until = Math.max(seen.until, until)
  }

  list(kind: string | undefined): Presence[] {
    const all = [...this.#seen.values()].map(({ presence }) => presence)
    return all.filter((presence) => kind === undefined || presence.kind === kind).map((one) => structuredClone(one))
  }

  /** Tells of all who are here at once. Gives what ends it. */
  listen(listener: (change: PresenceChange) => void): () => void {
    this.#listeners.add(listener)
    for (const { presence } of this.#seen.values()) this.#call(listener, { change: 'here', presence })
    return () => this.#listeners.delete(listener)
  }

  #tell(change: PresenceChange): void {
    for (const listener of this.#listeners) this.#call(listener, change)
  }

  #call(listener: (change: PresenceChange) => void, change: PresenceChange): void {
    try {
      listener(structuredClone(change))
    } catch (error) {
      this.#onFailure(error)
    }
  }
}

function keyOf({ kind, name, instance }: Presence): string {
  return JSON.stringify([kind, name, instance])
}
