import type { ManagedSession } from './managed-session.ts'

export interface SessionTableOptions {
  /** Slots, half-open sessions included. */
  readonly capacity: number
  /** A session that is not active is freed after this time without a packet. */
  readonly halfOpenTimeoutMs: number
  /** An active session is freed after this time without a packet. §6.12.15: 60 s ± 3 s. */
  readonly inactivityTimeoutMs: number
  readonly nowMs: () => number
}

/** The sessions of one BMC. Time-outs are checked when a slot is used or needed, so an idle BMC has no timer. */
export class SessionTable {
  /** In the order in which they were added. */
  readonly #sessions = new Map<number, ManagedSession>()
  readonly #options: SessionTableOptions

  constructor(options: SessionTableOptions) {
    this.#options = options
  }

  /** Slots, half-open sessions included. */
  get capacity(): number {
    return this.#options.capacity
  }

  /** Slots in use. */
  get size(): number {
    this.#expire()
    return this.#sessions.size
  }

  /** All sessions, oldest first. */
  all(): ManagedSession[] {
    this.#expire()
    return [...this.#sessions.values()]
  }

  /** Sessions that finished their handshake. */
  get activeCount(): number {
    return this.all().filter(({ stage }) => stage.name === 'active').length
  }

  has(managedSessionId: number): boolean {
    return this.#sessions.has(managedSessionId)
  }

  get(managedSessionId: number): ManagedSession | undefined {
    const session = this.#sessions.get(managedSessionId)
    if (session === undefined || !this.#isExpired(session)) return session
    this.remove(session)
    return undefined
  }

  find(matches: (session: ManagedSession) => boolean): ManagedSession | undefined {
    for (const session of this.#sessions.values()) if (!this.#isExpired(session) && matches(session)) return session
    return undefined
  }

  /**
   * Adds a session. If the table is full, it takes the slot of a refused session, else of the oldest half-open one: so
   * half-open sessions never lock a user out, and never end an active session. Undefined if all slots are active.
   */
  add(opened: Omit<ManagedSession, 'handle'>): ManagedSession | undefined {
    if (this.#sessions.size >= this.#options.capacity) this.#expire()
    if (this.#sessions.size >= this.#options.capacity) {
      const evicted =
        this.find(({ stage }) => stage.name === 'challenged' && stage.status !== 0) ??
        this.find(({ stage }) => stage.name !== 'active')
      if (evicted === undefined) return undefined
      this.remove(evicted)
    }
    const session = { ...opened, handle: this.#freeHandle() }
    this.#sessions.set(session.managedSessionId, session)
    return session
  }

  /** Restarts the session's time-out. */
  touch(session: ManagedSession): void {
    session.lastSeenMs = this.#options.nowMs()
  }

  remove(session: ManagedSession): void {
    this.#sessions.delete(session.managedSessionId)
  }

  clear(): void {
    this.#sessions.clear()
  }

  /** The lowest handle, 1..255, that no session has. */
  #freeHandle(): number {
    const taken = new Set([...this.#sessions.values()].map(({ handle }) => handle))
    let handle = 1
    while (taken.has(handle)) handle++
    return handle
  }

  #expire(): void {
    for (const session of this.#sessions.values()) if (this.#isExpired(session)) this.remove(session)
  }

  #isExpired({ stage, lastSeenMs }: ManagedSession): boolean {
    const { halfOpenTimeoutMs, inactivityTimeoutMs, nowMs } = this.#options
    return nowMs() - lastSeenMs > (stage.name === 'active' ? inactivityTimeoutMs : halfOpenTimeoutMs)
  }
}
