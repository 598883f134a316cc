import { createHash, timingSafeEqual } from 'node:crypto'

/** Most addresses whose key is remembered. */
const KEPT_MAX = 65_536

/** SSH host keys by `ADDRESS:PORT`: the first one that is seen is the only one that is taken, while this process runs. */
export class HostKeys {
  readonly #pinned = new Map<string, Buffer>()

  /** Whether the key is the pinned one; pins it where the address has none. */
  accepts(place: string, key: Buffer): boolean {
    const digest = createHash('sha256').update(key).digest()
    const pinned = this.#pinned.get(place)
    if (pinned) return timingSafeEqual(pinned, digest)
    if (this.#pinned.size < KEPT_MAX) this.#pinned.set(place, digest)
    return true
  }
}
