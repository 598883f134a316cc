import { backoffMs, within } from '@powerbus/turns'
import { PowerbusError } from '../errors.ts'
import { abortError, pause } from './abort.ts'
import type { Changer, CommandKind, FinalChange } from './coordinator.ts'
import type { Call, FirstLooks, PowerConnection } from './driver.ts'
import { isRepeatable, mayPass } from './is-repeatable.ts'
import { isOpenEnd } from './open-end.ts'
import type { TurnOptions } from './turn-options.ts'

/** One call of a driver: long enough for a BMC that answers late, short enough to try again after its restart. */
const CALL_MS = 10_000
/** One call that sends what must not be sent twice: its driver may need 10 s of answers to say that it was most likely not executed. */
const ONCE_CALL_MS = 30_000
/** A driver keeps its own time limit, and knows more to say then; this much later it is given up. */
const GRACE_MS = 250
const CHANGE_GAP_MS = 1000
/** Pauses between polls. */
const POLLS = { firstMs: 200, mostMs: 5000, growth: 1.6 }
/** Pauses before a command is repeated: a rack that was refused at once does not come back at once. */
const REPEATS = { ...POLLS, jitter: 0.5 }
/** Most that an answer waits for the connection's close, which the end of the action does not cut short. */
const CLOSE_MS = 2000
const never = new AbortController().signal

/** What is asked of the BMC over the turn's connection. */
export type Work<Connection, T> = (connection: Connection, call: Call) => Promise<T>

interface Change {
  readonly final: FinalChange | undefined
  /** Thrown where the driver does not come back. Given where the change must not be sent twice. */
  readonly late?: () => PowerbusError
}

/**
 * Runs `work` as one turn at a BMC. Its connection is opened before the first command, used for all, and closed whatever came of them.
 */
export async function takeTurn<Connection extends PowerConnection, T>(
  options: TurnOptions<Connection>,
  work: (turn: Turn<Connection>) => Promise<T>,
): Promise<T> {
  const turn = new Turn(options)
  try {
    return await work(turn)
  } finally {
    await turn.close()
  }
}

/** One action's turn at one BMC: paces its commands, repeats what may be repeated, and knows when to give up. */
export class Turn<Connection extends PowerConnection> {
  readonly #options: TurnOptions<Connection>
  readonly #startedMs: number
  #connection: Connection | undefined
  /** How often commands that change something were sent. */
  changesSent = 0

  constructor(options: TurnOptions<Connection>) {
    this.#options = options
    this.#startedMs = options.clock.nowMs()
  }

  /** PowerDriver.key, for messages. */
  get key(): string {
    return this.#options.driver.key
  }

  /** Whether the connection has the method; false before the first command. */
  has(method: keyof PowerConnection): boolean {
    return this.#connection?.[method] !== undefined
  }

  nowMs(): number {
    return this.#options.clock.nowMs()
  }

  /** Milliseconds until `deadlineMs`, or until the action's own deadline if that is earlier. */
  remainingMs(deadlineMs: number = Number.POSITIVE_INFINITY): number {
    return Math.min(deadlineMs, this.#options.deadlineMs) - this.nowMs()
  }

  /** Reads, and repeats after TARGET_BUSY and TARGET_TIMEOUT until the deadline. */
  read<T>(work: Work<Connection, T>): Promise<T> {
    return this.#repeat('read', work)
  }

  /** Changes something in a way that may be repeated. `final` where the verb as a whole must not begin anew after it. */
  change<T>(work: Work<Connection, T>, final?: FinalChange): Promise<T> {
    return this.#repeat('change', work, { final })
  }

  /**
   * Changes something that must not be done twice. `lost` where the command may have arrived but the answer is missing, `not-answered`
   * where the driver has shown that it was most likely not executed. The driver promises that after TARGET_BUSY and TARGET_TIMEOUT
   * nothing was sent; only then is the call made again.
   */
  async changeOnce(
    final: FinalChange,
    work: Work<Connection, void>,
  ): Promise<'acknowledged' | 'lost' | 'not-answered'> {
    const late = () => new PowerbusError('OUTCOME_UNKNOWN', `${this.key}: the driver did not come back`)
    try {
      await this.#repeat('change', work, { final, late })
      return 'acknowledged'
    } catch (error) {
      if (error instanceof PowerbusError && error.code === 'OUTCOME_UNKNOWN') return 'lost'
      if (error instanceof PowerbusError && error.code === 'NOT_ANSWERED') return 'not-answered'
      throw error
    }
  }

  /** Whose turn the last change at this BMC was. */
  lastChanger(): Promise<Changer | undefined> {
    return this.#options.lease.lastChanger()
  }

  /** PowerDriver.firstLooks. */
  get firstLooks(): FirstLooks | undefined {
    return this.#options.driver.firstLooks
  }

  /** PowerDriver.resendMs. */
  get resendMs(): number | undefined {
    return this.#options.driver.resendMs
  }

  /** Waits before poll number `poll` (0: `firstMs`, where there is time for it), `mostMs` at most. False when the time is up. */
  async pollAgain(
    poll: number,
    deadlineMs = Number.POSITIVE_INFINITY,
    mostMs = Number.POSITIVE_INFINITY,
    firstMs = 0,
  ): Promise<boolean> {
    if (poll === 0) {
      const leftMs = this.remainingMs(deadlineMs)
      if (firstMs > 0 && firstMs < leftMs) await this.#sleep(firstMs)
      return leftMs > 0
    }
    const delayMs = Math.min(backoffMs(POLLS, poll), mostMs, this.remainingMs(deadlineMs))
    if (delayMs <= 0) return false
    await this.#sleep(delayMs)
    return this.remainingMs(deadlineMs) > 0
  }

  /** One read in a row of them: undefined where the BMC did not answer this time (it may be restarting). */
  async poll<T>(work: Work<Connection, T>, deadlineMs: number = Number.POSITIVE_INFINITY): Promise<T | undefined> {
    try {
      await this.#gap('read')
      this.#assertHeld()
      return await this.#limited(work, deadlineMs)
    } catch (error) {
      if (error instanceof PowerbusError && mayPass(error) && !this.#options.signal.aborted) return undefined
      throw error
    }
  }

  /** Ends the turn: closes the connection. What the driver throws then is dropped: a BMC ends what is left open by itself. */
  async close(): Promise<void> {
    if (this.#connection !== undefined) await this.#closeWithin(this.#connection)
  }

  async #closeWithin(connection: Connection): Promise<void> {
    try {
      const closing = connection.close?.({ signal: never, timeoutMs: CLOSE_MS })
      if (closing !== undefined) await within({ timeoutMs: CLOSE_MS, clock: this.#options.clock }, () => closing)
    } catch {
      // The action's end counts, and not this.
    }
  }

  async #repeat<T>(kind: CommandKind, work: Work<Connection, T>, change?: Change): Promise<T> {
    const sent = this.changesSent
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#gap(kind)
        if (kind === 'change') await this.#commit(change?.final)
        this.#assertHeld()
        if (kind === 'change') this.changesSent++
        return await this.#limited(work, Number.POSITIVE_INFINITY, change?.late)
      } catch (error) {
        if (change?.late && isRepeatable(error)) this.changesSent = sent
        if (!isRepeatable(error) || this.#options.signal.aborted) throw error
        const delayMs = backoffMs(REPEATS, attempt + 1, this.#options.random)
        if (this.remainingMs() <= delayMs) throw this.#givenUp(error, attempt + 1)
        await this.#sleep(delayMs)
      }
    }
  }

  async #commit(final: FinalChange | undefined): Promise<void> {
    const { commit, lease } = this.#options
    // At once, so that a store makes one durable write of both.
    await Promise.all([lease.recordChange(), commit(final && { ...final, turn: lease.turn })])
  }

  async #gap(kind: CommandKind): Promise<void> {
    const { lease, minGapMs } = this.#options
    const changeMs = minGapMs === undefined && kind === 'change' ? CHANGE_GAP_MS : 0
    await lease.beforeCommand(kind, { anyMs: minGapMs ?? 0, changeMs })
  }

  /**
   * What the BMC answers, for as long as the turn lasts: a driver that is still sending stops when it is lost, and an answer that came
   * later counts for nothing, since it may tell of somebody else's change.
   */
  async #limited<T>(work: Work<Connection, T>, deadlineMs: number, late?: () => PowerbusError): Promise<T> {
    const { clock, driver, signal, lease, callMs = late ? ONCE_CALL_MS : (driver.callMs ?? CALL_MS) } = this.#options
    const timeoutMs = Math.min(callMs, this.remainingMs(deadlineMs))
    if (timeoutMs <= 0) throw new PowerbusError('TARGET_TIMEOUT', `${this.key}: no time left to ask`)
    try {
      if (callMs === Number.POSITIVE_INFINITY) {
        const answer = await this.#ask(work, { signal: this.#ended(), timeoutMs })
        this.#assertHeld()
        return answer
      }
      const limit = {
        timeoutMs: timeoutMs + GRACE_MS,
        signal,
        alsoSignal: lease.lost === signal ? undefined : lease.lost,
        late:
          late ??
          (() => new PowerbusError('TARGET_TIMEOUT', `${this.key} did not answer within ${seconds(timeoutMs)} s`)),
        aborted: () => this.#abortedAt(late),
        // What was sent once, or not, is the driver's to say.
        graceMs: late ? GRACE_MS : 0,
        clock,
      }
      const answer = await within(limit, (over) => this.#ask(work, { signal: over, timeoutMs }))
      this.#assertHeld()
      return answer
    } catch (error) {
      // The driver's own words for having been stopped.
      if (lease.lost.aborted) this.#assertHeld()
      throw error
    }
  }

  /** Aborted when the action or the lease ends. */
  #ended(): AbortSignal {
    const { signal, lease } = this.#options
    return signal === lease.lost ? signal : AbortSignal.any([signal, lease.lost])
  }

  /** A change that must not be sent twice may have been sent: its caller must not read "ask again" out of an abort, unless others go on. */
  #abortedAt(late: (() => PowerbusError) | undefined): PowerbusError {
    const { signal, lease } = this.#options
    const error = abortError(signal.aborted ? signal : lease.lost, `${this.key} was being asked`)
    return late && !isOpenEnd(error) ? late() : error
  }

  /** Opens the connection before the first command; the limits of the call cover both. */
  #ask<T>(work: Work<Connection, T>, call: Call): Promise<T> {
    return this.#connection === undefined
      ? this.#open(call).then((connection) => work(connection, call))
      : work(this.#connection, call)
  }

  async #open(call: Call): Promise<Connection> {
    const connection = await this.#options.driver.open(call)
    if (call.signal.aborted) {
      // The call was given up meanwhile, and perhaps the turn.
      await this.#closeWithin(connection)
      throw abortError(call.signal, `${this.key} was being asked`)
    }
    this.#connection = connection
    return connection
  }

  /** Throws LEASE_LOST, with what this turn had sent by then. */
  #assertHeld(): void {
    try {
      this.#options.lease.assertHeld()
    } catch (error) {
      if (!(error instanceof PowerbusError) || error.code !== 'LEASE_LOST') throw error
      const sent = `Change commands sent to ${this.key} by then, arrived or not: ${this.changesSent}`
      throw new PowerbusError('LEASE_LOST', `${error.message}. ${sent}`, { cause: error })
    }
  }

  async #sleep(delayMs: number): Promise<void> {
    const { clock, signal } = this.#options
    await pause(clock, delayMs, signal, `${this.key} was being waited for`)
  }

  #givenUp(error: PowerbusError, attempts: number): PowerbusError {
    if (attempts === 1) return error
    const waited = seconds(this.nowMs() - this.#startedMs)
    return new PowerbusError(error.code, `${error.message}; given up after ${attempts} attempts in ${waited} s`, {
      cause: error,
    })
  }
}

/** Milliseconds as seconds with one digit, for messages. */
export function seconds(ms: number): string {
  return (Math.max(0, ms) / 1000).toFixed(1)
}
