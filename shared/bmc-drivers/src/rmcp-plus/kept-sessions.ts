import { isDeepStrictEqual } from 'node:util'
import { type Clock, type IpmiConnection, systemClock, type Target, type Timer } from 'node-ipmi'

/** Most sessions kept at a time; beyond it the one that is kept longest is closed. Each has some 20 KB here. */
const KEPT_MAX = 1024

interface Kept {
  readonly login: Target
  readonly connection: IpmiConnection
  readonly timer: Timer
}

/** Open sessions between two actions, one for each BMC at most. */
export class KeptSessions {
  readonly #clock: Pick<Clock, 'after'>
  readonly #most: number
  /** By BMC, in the order in which they were kept. */
  readonly #kept = new Map<string, Kept>()

  constructor(clock: Pick<Clock, 'after'> = systemClock, most = KEPT_MAX) {
    this.#clock = clock
    this.#most = most
  }

  get isEmpty(): boolean {
    return this.#kept.size === 0
  }

  /** Gives the BMC's session back, and closes it instead where it is one of another login. */
  take(key: string, login: Target): IpmiConnection | undefined {
    const kept = this.#kept.get(key)
    if (!kept) return undefined
    if (isDeepStrictEqual(kept.login, login)) {
      kept.timer.cancel()
      this.#kept.delete(key)
      return kept.connection
    }
    this.#close(key)
    return undefined
  }

  /** Keeps a session on which nothing is under way, and closes it after `keepMs`. */
  keep(key: string, login: Target, connection: IpmiConnection, keepMs: number): void {
    this.#close(key)
    const timer = this.#clock.after(keepMs, () => this.#close(key))
    this.#kept.set(key, { login, connection, timer })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > this.#most && oldest !== undefined) this.#close(oldest)
  }

  /** Sends Close Session on all. */
  close(): void {
    for (const key of this.#kept.keys()) this.#close(key)
  }

  #close(key: string): void {
    const kept = this.#kept.get(key)
    if (!kept) return
    this.#kept.delete(key)
    kept.timer.cancel()
    kept.connection.close()
  }
}
