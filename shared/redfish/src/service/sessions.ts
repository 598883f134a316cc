import { createHash, randomBytes } from 'node:crypto'
import type { Account } from './accounts.ts'
import { refused } from './refusal.ts'
import { dateText, type ServiceClock } from './service-clock.ts'

/** Bounds of SessionTimeout, in seconds. DSP0268, SessionService. */
export const SESSION_TIMEOUT_S = { least: 30, most: 86_400 } as const
const DEFAULT_TIMEOUT_S = 1800

export interface Session {
  readonly id: string
  readonly account: Account
  readonly created: string
  readonly from: string
  readonly madeMs: number
  usedMs: number
}

/** The sessions of a service. A token is kept as its hash, and shown once. */
export class Sessions {
  readonly #clock: ServiceClock
  /** Read at each use, so that a test can change it. */
  readonly #limits: { readonly maxSessions: number; readonly sessionLifetimeMs?: number | undefined }
  readonly #sessions = new Map<string, Session>()
  readonly #idOfToken = new Map<string, string>()
  timeoutS = DEFAULT_TIMEOUT_S
  /** Sessions that were ever made. */
  made = 0

  constructor(clock: ServiceClock, limits: { readonly maxSessions: number; readonly sessionLifetimeMs?: number }) {
    this.#clock = clock
    this.#limits = limits
  }

  all(): Session[] {
    this.#expire()
    return [...this.#sessions.values()]
  }

  get(id: string): Session | undefined {
    this.#expire()
    return this.#sessions.get(id)
  }

  /** Throws a Refusal with 503 where all are in use. */
  add(account: Account, from: string): { readonly session: Session; readonly token: string } {
    if (this.all().length >= this.#limits.maxSessions) throw refused(503, 'SessionLimitExceeded')
    const token = randomBytes(32).toString('hex')
    const nowMs = this.#clock.nowMs()
    const id = randomBytes(8).toString('hex')
    const session = { id, account, created: dateText(this.#clock), from, madeMs: nowMs, usedMs: nowMs }
    this.#sessions.set(id, session)
    this.#idOfToken.set(hash(token), id)
    this.made++
    return { session, token }
  }

  /** The session of a token, which is used by that. */
  use(token: string): Session | undefined {
    const session = this.get(this.#idOfToken.get(hash(token)) ?? '')
    if (session) session.usedMs = this.#clock.nowMs()
    return session
  }

  remove(id: string): void {
    this.#sessions.delete(id)
    for (const [key, value] of this.#idOfToken) if (value === id) this.#idOfToken.delete(key)
  }

  removeOf(account: Account, except?: string): void {
    for (const { id, account: owner } of this.all()) if (owner === account && id !== except) this.remove(id)
  }

  clear(): void {
    this.#sessions.clear()
    this.#idOfToken.clear()
  }

  #expire(): void {
    const nowMs = this.#clock.nowMs()
    const lifetimeMs = this.#limits.sessionLifetimeMs ?? Number.POSITIVE_INFINITY
    for (const { id, madeMs, usedMs } of this.#sessions.values())
      if (nowMs - usedMs >= this.timeoutS * 1000 || nowMs - madeMs >= lifetimeMs) this.remove(id)
  }
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
