import type { LiteralAddress } from '../transport/resolve-host.ts'
import type { BmcSession } from './bmc-session.ts'
import { IpmiError } from './ipmi-error.ts'
import { reason } from './no-answer.ts'

/**
 * How long an address may be silent, in milliseconds, before the next one is tried; it doubles when all were tried. It ends
 * before the client would send a silent BMC anything but Open Session.
 */
const FIRST_PATIENCE_MS = 2400

/** An address to try, and until when it may be silent, on the client's clock. */
export interface Turn {
  readonly literal: LiteralAddress
  readonly untilMs: number
}

/** The addresses of one name, tried one after the other, again and again, until one answers or the deadline passes. */
export class AddressTurns {
  readonly deadlineMs: number
  #left: readonly LiteralAddress[]
  #round: readonly LiteralAddress[] = []
  #patienceMs = FIRST_PATIENCE_MS / 2
  readonly #errors = new Map<string, IpmiError>()
  #datagrams = 0
  #why = ''

  constructor(addresses: readonly LiteralAddress[], deadlineMs: number) {
    this.#left = addresses
    this.deadlineMs = deadlineMs
  }

  /** Undefined where the time is over, and where no address can be reached. The time left is shared. */
  next(nowMs: number): Turn | undefined {
    if (nowMs >= this.deadlineMs) return undefined
    if (this.#round.length === 0) {
      this.#round = this.#left
      this.#patienceMs *= 2
    }
    const [literal, ...later] = this.#round
    if (literal === undefined) return undefined
    const shareMs = (this.deadlineMs - nowMs) / this.#round.length
    this.#round = later
    return { literal, untilMs: this.#left.length === 1 ? this.deadlineMs : nowMs + Math.min(this.#patienceMs, shareMs) }
  }

  /** The attempt at that address came to nothing: it was silent, or `unreachable`. */
  failed({ literal }: Turn, error: IpmiError, session?: BmcSession): void {
    this.#datagrams += session?.datagrams ?? 0
    this.#errors.set(literal.address, error)
    if (session !== undefined) this.#why ||= reason(session)
    if (error.kind === 'unreachable') this.#left = this.#left.filter((other) => other !== literal)
  }

  /** Of a run whose addresses have all failed. */
  error(name: string, startedMs: number, nowMs: number): IpmiError {
    const tried = [...this.#errors.keys()].join(', ')
    const [cause] = this.#errors.values()
    const details = { waitedMs: Math.round(nowMs - startedMs), datagrams: this.#datagrams, cause }
    if (this.#left.length === 0)
      return new IpmiError('unreachable', name, `the system cannot send to any of its addresses: ${tried}`, details)
    const waited = `no answer in ${((nowMs - startedMs) / 1000).toFixed(1)} s`
    return new IpmiError('timeout', name, `${waited} from its addresses ${tried}${this.#why}`, details)
  }
}
