import { type Clock, systemClock } from '../clock.ts'
import type { Attempt, Granted, LockBackend, Place, Refused } from '../lock/lock-backend.ts'
import { GAP_MS_MAX } from '../store-input.ts'
import type { Connection } from './connection.ts'
import { sideKey } from './keys.ts'
import { acquireScript, releaseScript, renewScript } from './scripts.ts'

/**
 * A caller that does not ask for this long loses its place in the line. Longer than the longest pause between attempts.
 */
const PLACE_KEPT_MS = 4000
/** After this time without a grant the fence counter of a key starts again at the server's clock, which is above it. */
const FENCE_KEPT_MS = 30 * 86_400_000

/** Locks as Redis keys that expire, with a line of waiting callers. All times are by the server's clock. */
export class RedisLocks implements LockBackend {
  readonly clock: Clock = systemClock
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async acquire({ key, token, owner, ttlMs, queue, slot }: Attempt): Promise<Granted | Refused> {
    const lock = sideKey('lock', key)
    // Without a slot the script gets the lock's key in its place and does not use it as one.
    const slotKey = slot ? sideKey('slot', slot.key) : lock
    const keys = [lock, sideKey('fence', key), sideKey('line', key), sideKey('seen', key), slotKey]
    const gap = slot ? Math.ceil(slot.gapMs) : ''
    const who = [token, JSON.stringify(owner), Math.ceil(ttlMs), queue ? 1 : 0]
    const values = [...who, PLACE_KEPT_MS, FENCE_KEPT_MS, gap, GAP_MS_MAX]
    const answer = (await this.#connection.script(acquireScript, keys, values)) as AcquireAnswer
    if (answer[0] === 1) return { fence: Number(answer[1]), slotWaitMs: Number(answer[2]) }
    const [, text, sinceMs, before] = answer
    return { holder: { owner: JSON.parse(text), sinceMs: Number(sinceMs) }, before }
  }

  async renew(key: string, token: string, ttlMs: number): Promise<boolean> {
    return (await this.#connection.script(renewScript, [sideKey('lock', key)], [token, Math.ceil(ttlMs)])) === 1
  }

  async release(key: string, token: string): Promise<boolean> {
    const keys = [sideKey('lock', key), sideKey('line', key), sideKey('seen', key)]
    return (await this.#connection.script(releaseScript, keys, [token])) === 1
  }

  pause({ leftMs, pollMs }: Place, signal = new AbortController().signal): Promise<void> {
    return this.clock.sleep(Math.min(leftMs, pollMs), signal)
  }
}

type AcquireAnswer =
  | [granted: 1, fence: string, slotWaitMs: string]
  | [refused: 0, owner: string, sinceMs: string, before: number]
