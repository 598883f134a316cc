import { linkAt, numberAt } from '../resources/read-json.ts'
import { isGood } from './answer.ts'
import type { Bmc } from './bmc.ts'
import { Deadline } from './deadline.ts'
import { exchange } from './exchange.ts'
import type { RedfishClock, RedfishTimer } from './redfish-clock.ts'
import { RedfishError } from './redfish-error.ts'
import { pathOf } from './redfish-path.ts'
import { Run } from './run.ts'
import type { Session } from './session.ts'

/** After so long without a call the session's time-out is asked for: below half of the shortest that is allowed, 30 s. */
const ASK_AFTER_MS = 10_000
const ASK_LIMIT_MS = 5_000
/** Taken for the time-out where the BMC does not say: Supermicro's, whatever its settings are. */
const USUAL_TIMEOUT_MS = 300_000

/** Lets a session go that was idle for half of its time-out. Asks for the time-out once, when nobody waits. */
export class IdleSession {
  readonly #clock: RedfishClock
  readonly #bmc: Bmc
  readonly #letGo: (session: Session) => Promise<void>
  #timeoutMs: number | undefined
  #lastUseMs = 0
  #inFlight = 0
  #timer: RedfishTimer | undefined

  constructor(clock: RedfishClock, bmc: Bmc, letGo: (session: Session) => Promise<void>) {
    this.#clock = clock
    this.#bmc = bmc
    this.#letGo = letGo
  }

  /** A request of the session begins; `end` is to be called once. */
  begin(session: Session): void {
    this.#inFlight += 1
    if (!this.#timer) this.#look(session, this.#allowedMs)
  }

  end(): void {
    this.#inFlight -= 1
    this.#lastUseMs = this.#clock.nowMs()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  get #allowedMs(): number {
    return this.#timeoutMs === undefined ? ASK_AFTER_MS : this.#timeoutMs / 2
  }

  #look(session: Session, delayMs: number): void {
    this.#timer = this.#clock.after(delayMs, () => void this.#check(session), false)
  }

  /** One timer for all calls: it looks how long ago the last one was. Never rejects. */
  async #check(session: Session): Promise<void> {
    const idleMs = this.#inFlight > 0 ? 0 : this.#clock.nowMs() - this.#lastUseMs
    const leftMs = this.#allowedMs - idleMs
    if (leftMs > 0) return this.#look(session, leftMs)
    if (this.#timeoutMs !== undefined) return this.#letGo(session)
    const stillThis = this.#timer
    this.#timeoutMs = (await this.#askTimeout(session)) ?? USUAL_TIMEOUT_MS
    if (this.#timer !== stillThis) return
    this.#lastUseMs = this.#clock.nowMs()
    this.#look(session, this.#allowedMs)
  }

  async #askTimeout({ token }: Session): Promise<number | undefined> {
    const path = pathOf(linkAt(this.#bmc.root?.body, 'SessionService') ?? '') ?? '/redfish/v1/SessionService'
    const deadline = new Deadline(this.#clock, ASK_LIMIT_MS)
    try {
      const request = { method: 'GET', path, own: false } as const
      const answer = await exchange(this.#bmc, request, { 'x-auth-token': token }, new Run(deadline, [token]))
      const seconds = isGood(answer) ? numberAt(answer.body, 'SessionTimeout') : undefined
      return seconds !== undefined && seconds > 0 ? seconds * 1000 : undefined
    } catch (error) {
      if (error instanceof RedfishError) return undefined
      throw error
    } finally {
      deadline.done()
    }
  }
}
