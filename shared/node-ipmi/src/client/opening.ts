import { type ConsoleHandshake, isSuiteRefused, openConsoleSession } from '../handshake/console.ts'
import type { Answered, ConsoleFlow } from '../handshake/console-step.ts'
import { HandshakeRefusal } from '../handshake/handshake-refusal.ts'
import { RmcpPlusStatus } from '../spec/rmcp-plus-status.ts'
import { readUint32 } from '../wire/session-header.ts'
import type { Dispatcher } from './dispatcher.ts'
import { handshakeDatagram, handshakeExchange } from './handshake-exchange.ts'
import type { IpmiError, IpmiErrorKind } from './ipmi-error.ts'
import type { Link } from './link.ts'
import type { Login } from './target.ts'

/** Most handshakes begun again after a refusal that a fresh handshake may avoid. */
const MOST_FRESH_STARTS = 4
/** Wait for a free session, in milliseconds; it doubles up to MOST_FULL_WAIT_MS. */
const FIRST_FULL_WAIT_MS = 500
const MOST_FULL_WAIT_MS = 4000

export interface OpeningOptions {
  readonly dispatcher: Dispatcher
  readonly link: Link
  readonly login: Login
  /** Fresh random bytes. */
  readonly random: (length: number) => Uint8Array
}

/** One of the two is called, once. */
export interface OpeningListener {
  opened(handshake: ConsoleHandshake): void
  openingFailed(error: IpmiError): void
}

/** Opens a session on a link until the deadline. Begins the handshake again where that may succeed. §13.14. */
export class Opening {
  readonly #options: OpeningOptions
  readonly #listener: OpeningListener
  #flow: ConsoleFlow<ConsoleHandshake> | undefined
  #tag: number
  #freshStarts = 0
  #fullWaitMs = FIRST_FULL_WAIT_MS

  constructor(options: OpeningOptions, listener: OpeningListener) {
    this.#options = options
    this.#listener = listener
    this.#tag = options.random(1)[0] ?? 0
  }

  start(): void {
    const { dispatcher, link, login, random } = this.#options
    dispatcher.identify(link, () => readUint32(random(4), 0))
    const { cipherSuite } = login
    const remembered = link.peer.cipherSuite
    const suites =
      cipherSuite !== undefined ? [cipherSuite] : remembered === 17 ? ([17, 3] as const) : ([3, 17] as const)
    this.#flow = openConsoleSession({
      ...login,
      suites,
      consoleSessionId: link.consoleSessionId,
      consoleRandom: random(16),
    })
    this.#advance({ answer: undefined, transmissions: 0 })
  }

  #advance(answered: Answered<unknown>): void {
    const { dispatcher, link } = this.#options
    try {
      for (let next = this.#flow?.next(answered); next !== undefined; next = this.#flow?.next(answered)) {
        if (next.done) {
          this.#listener.opened(next.value)
          return
        }
        const step = next.value
        if (step.answerType === undefined) {
          dispatcher.tell(link, handshakeDatagram(step, this.#tag++, 0))
          continue
        }
        const exchange = handshakeExchange(step, this.#tag, (end, received) => {
          this.#tag += link.transmissions
          if (end === 'answered') this.#advance(received)
          else if (end === 'stalled') this.start()
          else this.#listener.openingFailed(link.noAnswer(dispatcher.nowMs()))
        })
        dispatcher.begin(link, exchange)
        return
      }
    } catch (error) {
      if (!(error instanceof HandshakeRefusal)) throw error
      this.#refused(error)
    }
  }

  #refused({ status, stale, message }: HandshakeRefusal): void {
    const { login } = this.#options
    if (status === RmcpPlusStatus.InsufficientResources || status === RmcpPlusStatus.InsufficientResourcesForRole) {
      this.#waitForFreeSession(status, message)
    } else if (mayGoAway(status, stale) && this.#freshStarts < MOST_FRESH_STARTS) {
      this.#freshStarts++
      this.start()
    } else if (isSuiteRefused(status)) {
      const asked = login.cipherSuite ?? '17 and 3'
      this.#fail('unsupported', `the BMC refused cipher suite ${asked} (${message})`, status)
    } else if (status === RmcpPlusStatus.InvalidIntegrityCheckValue) {
      const what = message.startsWith('RAKP 4') && login.kg !== undefined ? 'password or K_g' : 'password'
      this.#fail('credentials', `wrong ${what} (${message})`, status)
    } else this.#fail(kindOf(status), message, status)
  }

  #waitForFreeSession(status: number, message: string): void {
    const { dispatcher, link, random } = this.#options
    const delayMs = this.#fullWaitMs * (0.75 + (random(1)[0] ?? 0) / 1024)
    this.#fullWaitMs = Math.min(MOST_FULL_WAIT_MS, this.#fullWaitMs * 2)
    if (dispatcher.nowMs() + delayMs >= link.deadlineMs) this.#fail('refused', message, status)
    else dispatcher.pause(link, delayMs, () => this.start())
  }

  #fail(kind: IpmiErrorKind, what: string, status?: number): void {
    const { dispatcher, link } = this.#options
    this.#listener.openingFailed(link.error(kind, what, dispatcher.nowMs(), status === undefined ? {} : { status }))
  }
}

/** Whether a fresh handshake may succeed: the BMC forgot the half-open session, or repeats crossed. */
function mayGoAway(status: number, stale: boolean): boolean {
  if (status === RmcpPlusStatus.InvalidSessionId || status === RmcpPlusStatus.InactiveSessionId) return true
  return stale && status === RmcpPlusStatus.InvalidIntegrityCheckValue
}

function kindOf(status: number): IpmiErrorKind {
  switch (status) {
    case RmcpPlusStatus.UnauthorizedName:
    case RmcpPlusStatus.InvalidNameLength:
      return 'credentials'
    case RmcpPlusStatus.InvalidRole:
    case RmcpPlusStatus.UnauthorizedRole:
      return 'privilege'
    default:
      return 'refused'
  }
}
