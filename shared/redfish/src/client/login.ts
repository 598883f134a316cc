import { createHash } from 'node:crypto'
import { classOf } from '../messages/message-class.ts'
import { linkAt, textAt } from '../resources/read-json.ts'
import { type Answer, isGood } from './answer.ts'
import type { Bmc } from './bmc.ts'
import { Deadline } from './deadline.ts'
import { exchange } from './exchange.ts'
import { answerFailure, endFailure, kindOf } from './failure.ts'
import { IdleSession } from './idle-session.ts'
import { readRoot } from './read-root.ts'
import type { RedfishClock } from './redfish-clock.ts'
import { RedfishError } from './redfish-error.ts'
import { otherSlash, pathOf } from './redfish-path.ts'
import { Refusals } from './refusals.ts'
import type { Request } from './request.ts'
import { busyWaitMs, retryAfterMs } from './retry-after.ts'
import { Run } from './run.ts'
import type { Session } from './session.ts'

/** Where nearly every service has its sessions; the root says so where one has not. DSP0268. */
const SESSIONS = '/redfish/v1/SessionService/Sessions'
/** A login that nobody waits for any more may still end, so that its session is known and can be closed. */
const GRACE_MS = 5_000
const LOGOUT_MS = 5_000
/** One login, where callers keep coming. */
const LONGEST_MS = 120_000
/** Basic authentication is used so long after the BMC had no free session. */
const NO_SESSION_MS = 60_000

interface Authorization {
  readonly headers: Readonly<Record<string, string>>
  /** Undefined for Basic. */
  readonly session?: Session
}

interface Opening {
  readonly done: Promise<void>
  readonly deadline: Deadline
  readonly untilMs: number
  waiting: number
}

/** One user's login at one BMC: at most one session, shared by all calls of the process. */
export class Login {
  readonly refusals: Refusals
  readonly #bmc: Bmc
  readonly #clock: RedfishClock
  readonly #username: string
  readonly #password: string
  readonly #idle: IdleSession
  #session: Session | undefined
  #opening: Opening | undefined
  #basicUntilMs = 0

  constructor(bmc: Bmc, clock: RedfishClock, username: string, password: string) {
    this.#bmc = bmc
    this.#clock = clock
    this.#username = username
    this.#password = password
    this.refusals = new Refusals(clock)
    this.#idle = new IdleSession(clock, bmc, (session) => this.#end(session))
  }

  /** Words that no message of this login may show. */
  get secrets(): string[] {
    return this.#session ? [this.#password, this.#session.token] : [this.#password]
  }

  get isOpen(): boolean {
    return this.#session !== undefined || this.#opening !== undefined
  }

  /** Sends a request with the session or the password, after a login where one is needed. @throws RedfishError */
  async send(request: Request, run: Run): Promise<{ readonly answer: Answer; readonly session?: Session }> {
    const { headers, session } = await this.#authorization(request, run)
    if (!session) return { answer: await exchange(this.#bmc, request, headers, run) }
    this.#idle.begin(session)
    try {
      return { answer: await exchange(this.#bmc, request, headers, run), session }
    } finally {
      this.#idle.end()
    }
  }

  async #authorization(request: Request, run: Run): Promise<Authorization> {
    const refused = this.refusals.blocking(this.#bmc.address, this.#username)
    if (refused) throw refused
    while (!this.#session) {
      if (this.#bmc.basicOnly || this.#isFull) return { headers: this.#basic() }
      await this.#opened(request, run)
    }
    return { headers: { 'x-auth-token': this.#session.token }, session: this.#session }
  }

  /** The BMC no longer takes this session. It is deleted all the same, since some say so of a living one. */
  async drop(session: Session): Promise<void> {
    if (this.#session !== session) return
    await this.#end(session)
  }

  /** Ends a login that is on its way, within 5 s, and logs out. Never rejects. */
  async logOut(): Promise<void> {
    this.#opening?.deadline.endIn(GRACE_MS)
    await this.#opening?.done.catch(() => undefined)
    if (this.#session) await this.#end(this.#session)
  }

  async #end(session: Session): Promise<void> {
    if (this.#session === session) this.#session = undefined
    if (this.#bmc.sessionHolder === this) this.#bmc.sessionHolder = undefined
    this.#idle.stop()
    const isGone = await this.#deleted(session)
    this.#bmc.counters[isGone ? 'sessionsClosed' : 'sessionsLeft'] += 1
  }

  async #deleted({ token, path }: Session): Promise<boolean> {
    if (path === undefined) return false
    const deadline = new Deadline(this.#clock, LOGOUT_MS)
    const run = new Run(deadline, [token])
    const headers = { 'x-auth-token': token }
    try {
      const request: Request = { method: 'DELETE', path, own: false }
      let answer = await exchange(this.#bmc, request, headers, run)
      if (kindOf(request, answer) === 'precondition') {
        answer = await exchange(this.#bmc, { ...request, ifMatch: '*' }, headers, run)
      }
      return isGood(answer) || [401, 404, 410].includes(answer.status)
    } catch (error) {
      if (error instanceof RedfishError) return false
      throw error
    } finally {
      deadline.done()
    }
  }

  /** Waits for the login on its way, or begins one. @throws RedfishError */
  async #opened(request: Request, run: Run): Promise<void> {
    const { deadline } = run
    if (!this.#opening) {
      const own = new Deadline(this.#clock, deadline.remainingMs + GRACE_MS)
      const done = this.#open(own).finally(() => {
        own.done()
        this.#opening = undefined
      })
      this.#opening = { done, deadline: own, untilMs: this.#clock.nowMs() + LONGEST_MS, waiting: 0 }
    }
    const opening = this.#opening
    opening.waiting += 1
    // The login takes as long as any caller waits for it, up to a limit: its connection may be dead.
    const wantedMs = Math.min(deadline.remainingMs + GRACE_MS, opening.untilMs - this.#clock.nowMs())
    if (wantedMs > opening.deadline.remainingMs) opening.deadline.endIn(wantedMs)
    try {
      await deadline.race<void>((resolve, reject) => {
        opening.done.then(resolve, reject)
      })
    } catch (error) {
      if (deadline.reason) throw endFailure(this.#bmc.address, request, run)
      // It was given up when this caller came: begin anew.
      if (!opening.deadline.reason) throw error
    } finally {
      opening.waiting -= 1
      if (opening.waiting === 0) opening.deadline.endIn(GRACE_MS)
    }
  }

  /** Logs in; where the BMC has no session login, Basic is used from then on. */
  async #open(deadline: Deadline): Promise<void> {
    const bmc = this.#bmc
    await bmc.loginTurn.take(deadline)
    try {
      if (bmc.sessionHolder && bmc.sessionHolder !== this) await bmc.sessionHolder.logOut()
      const run = new Run(deadline, [this.#password])
      const usual = sessionPaths(bmc)
      const answer = (await this.#postTo(usual, run)) ?? (await this.#postToNamed(usual, run))
      if (answer) this.#take(answer)
      else if (!this.#isFull) bmc.basicOnly = true
    } finally {
      bmc.loginTurn.give()
    }
  }

  /** To where the root says that sessions are, if that is elsewhere. */
  async #postToNamed(tried: readonly string[], run: Run): Promise<Answer | undefined> {
    if (this.#isFull) return undefined
    await readRoot(this.#bmc, run)
    return this.#postTo(
      sessionPaths(this.#bmc).filter((path) => !tried.includes(path)),
      run,
    )
  }

  /** The answer of the first path that takes logins. @throws RedfishError if it refuses this one */
  async #postTo(paths: readonly string[], run: Run): Promise<Answer | undefined> {
    for (const path of paths) {
      const body = { UserName: this.#username, Password: this.#password }
      const request: Request = { method: 'POST', path, body, own: false }
      const answer = await this.#patientPost(request, run)
      if (this.#isFull) return undefined
      if (!answer || [404, 405, 501].includes(answer.status)) continue
      if (isGood(answer)) return answer
      const failure = answerFailure(this.#bmc.address, request, answer, run)
      if (failure.kind !== 'credentials') throw failure
      // A service that asks for credentials before it looks whether there is such a path.
      if (await this.#isElsewhere(path, run)) continue
      throw this.refusals.isBorne() ? this.refusals.borne(failure) : failure
    }
    return undefined
  }

  /** Whether the root, read only now, has its sessions at another path, or none. */
  async #isElsewhere(path: string, run: Run): Promise<boolean> {
    if (this.#bmc.root) return false
    try {
      await readRoot(this.#bmc, run)
    } catch (error) {
      if (error instanceof RedfishError) return false
      throw error
    }
    return !sessionPaths(this.#bmc).some((named) => named === path || named === otherSlash(path))
  }

  /** Waits for a free session, up to half of the time that is left, and for a BMC that is busy. */
  async #patientPost(request: Request, run: Run): Promise<Answer | undefined> {
    const { deadline } = run
    const patienceMs = deadline.remainingMs / 2
    const startMs = this.#clock.nowMs()
    for (let attempt = 0; ; attempt++) {
      const answer = await exchange(this.#bmc, request, {}, run)
      const kind = isGood(answer) ? undefined : kindOf(request, answer)
      const isFull = kind === 'session-limit'
      if (!isFull && kind !== 'busy') return answer
      const retryAfter = retryAfterMs(answer.headers['retry-after'], answer.headers.date)
      const wait = busyWaitMs(attempt, retryAfter)
      const leftMs = isFull ? startMs + patienceMs - this.#clock.nowMs() : deadline.remainingMs
      if (wait === undefined || wait >= leftMs) {
        if (!isFull) return answer
        this.#basicUntilMs = this.#clock.nowMs() + NO_SESSION_MS
        return undefined
      }
      this.#bmc.counters.repeats += 1
      await deadline.sleep(wait)
    }
  }

  #take(answer: Answer): void {
    this.refusals.proven()
    const token = answer.headers['x-auth-token']
    if (!token) {
      // A login without a token is of no use.
      this.#bmc.basicOnly = true
      return
    }
    this.#bmc.counters.sessionsOpened += 1
    const path = pathOf(answer.headers.location ?? '') ?? pathOf(linkAt(answer.body) ?? '')
    const id = textAt(answer.body, 'Id')
    this.#session = { token, path: path ?? (id === undefined ? undefined : `${SESSIONS}/${id}`) }
    this.#bmc.sessionHolder = this
    this.#idle.begin(this.#session)
    this.#idle.end()
  }

  /** The BMC had no free session a short time ago. */
  get #isFull(): boolean {
    return this.#basicUntilMs > this.#clock.nowMs()
  }

  #basic(): Record<string, string> {
    const pair = Buffer.from(`${this.#username}:${this.#password}`, 'utf8').toString('base64')
    return { authorization: `Basic ${pair}` }
  }
}

/** Sessions as the root names them, else where they usually are; none where the root has none. */
function sessionPaths({ root }: Bmc): string[] {
  if (!root) return [SESSIONS]
  const service = linkAt(root.body, 'SessionService')
  const link = linkAt(root.body, 'Links', 'Sessions') ?? (service && `${service.replace(/\/+$/, '')}/Sessions`)
  const path = link && pathOf(link)
  return path ? [path] : []
}

/** Tells users and passwords apart without keeping the password. */
export function loginKey(username: string, password: string): string {
  return `${username}\n${createHash('sha256').update(password).digest('base64')}`
}

/** The BMC does not know the session any more: 401, or 403 with a message that says so. */
export function isSessionLost(answer: Answer): boolean {
  if (answer.status === 401) return true
  if (answer.status !== 403) return false
  return classOf(answer.messages) === 'session-lost' || answer.messages.some(({ key }) => key === 'AccessDenied')
}
