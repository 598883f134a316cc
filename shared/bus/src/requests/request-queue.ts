import { Slots, TimeLimitError, withinOf } from '@powerbus/turns'
import type { BusRequest, RequestHandler, ServeOptions, StopOptions } from '../bus.ts'
import { BusError, messageOf, Refusal } from '../bus-error.ts'
import { encodeBody, parsed } from '../bus-event.ts'

/** Answers of the bus itself; a server's handler may use them too. */
export const OVERLOADED_STATUS = 503
const FAILED_STATUS = 500
const LATE_STATUS = 504
const STOP_TIMEOUT_MS = 30_000

export interface Answer {
  /** JSON text; undefined for an error without a body. */
  readonly text: string | undefined
  /** 200, or the status of an error. */
  readonly status: number
  readonly message: string
  readonly overloaded?: true
}

export type Incoming = Omit<BusRequest, 'signal'> & { readonly timeoutMs: number }

/** The requests of one `serve`: so many at a time, so many waiting, and what is late is left undone. */
export class RequestQueue {
  readonly #handler: RequestHandler
  readonly #slots: Slots
  readonly #concurrency: number
  readonly #waitingMax: number
  readonly #onFailure: (error: unknown) => void
  readonly #abandon = new AbortController()
  readonly #accepted = new Set<Promise<Answer | undefined>>()
  #running = 0
  #requests = 0
  #errors = 0
  #workedNs = 0
  #lastError = ''

  constructor(handler: RequestHandler, options: ServeOptions, onFailure: (error: unknown) => void) {
    this.#handler = handler
    this.#concurrency = options.concurrency ?? 64
    if (!(this.#concurrency >= 1)) throw new BusError('INPUT', 'concurrency must be at least 1')
    this.#slots = new Slots(this.#concurrency)
    this.#waitingMax = options.waitingMax ?? 10_000
    this.#onFailure = onFailure
  }

  get figures() {
    return {
      running: this.#running,
      waiting: this.#accepted.size - this.#running,
      requests: this.#requests,
      errors: this.#errors,
    }
  }

  get statistics() {
    return { ...this.figures, workedNs: this.#workedNs, lastError: this.#lastError }
  }

  /** Undefined where the caller's deadline came first: nobody waits for an answer. */
  async answer(request: Incoming): Promise<Answer | undefined> {
    this.#requests += 1
    if (this.#accepted.size >= this.#concurrency + this.#waitingMax) {
      this.#fails(`${OVERLOADED_STATUS}`)
      return { text: undefined, status: OVERLOADED_STATUS, message: 'too many requests wait here', overloaded: true }
    }
    const work = this.#work(request, performance.now() + request.timeoutMs)
    this.#accepted.add(work)
    try {
      return await work
    } finally {
      this.#accepted.delete(work)
    }
  }

  async drain({ timeoutMs = STOP_TIMEOUT_MS }: StopOptions = {}): Promise<void> {
    const timer = setTimeout(() => this.#abandon.abort(new BusError('CLOSED', 'a stop waited long enough')), timeoutMs)
    try {
      await Promise.all(this.#accepted)
    } finally {
      clearTimeout(timer)
    }
  }

  async #work({ timeoutMs: _, ...request }: Incoming, deadlineMs: number): Promise<Answer | undefined> {
    return await this.#slots.run(async () => {
      const beginMs = performance.now()
      if (beginMs >= deadlineMs) return undefined
      this.#running += 1
      try {
        const limit = { timeoutMs: deadlineMs - beginMs, signal: this.#abandon.signal }
        const over = new AbortController()
        const asked = {
          ...request,
          get signal() {
            return over.signal
          },
        }
        const result = await withinOf(limit, over, async () => this.#handler(asked))
        return { text: encodeBody(result ?? null), status: 200, message: '' }
      } catch (error) {
        if (!(error instanceof TimeLimitError)) return this.#refused(error)
        this.#fails(`${LATE_STATUS}`)
        return undefined
      } finally {
        this.#running -= 1
        this.#workedNs += Math.round((performance.now() - beginMs) * 1e6)
      }
    })
  }

  #refused(error: unknown): Answer {
    if (error instanceof Refusal) {
      this.#fails(`${error.status}`)
      // A refusal is none of success, whatever its status says.
      const status = error.status === 200 ? 0 : error.status
      return { text: bodyText(error.body), status, message: error.message }
    }
    // What it says may hold anything: neither the caller nor the statistics, which all may read, repeat it.
    this.#fails(`${FAILED_STATUS}`)
    this.#onFailure(error)
    return { text: undefined, status: FAILED_STATUS, message: 'the handler failed' }
  }

  #fails(status: string): void {
    this.#errors += 1
    this.#lastError = status
  }
}

/** Undefined for none, and for one that cannot be sent: the status still can. */
function bodyText(body: unknown): string | undefined {
  if (body === undefined) return undefined
  try {
    return encodeBody(body)
  } catch {
    return undefined
  }
}

/** What the caller's `request` gives or throws for an answer. */
export function resultOf({ text, status, message, overloaded }: Answer): unknown {
  const body = text === undefined ? undefined : answerBody(text)
  if (overloaded) throw new BusError('OVERLOADED', message, { status })
  if (status !== 200) throw new BusError('REFUSED', message, { status, body })
  return body
}

function answerBody(text: string): unknown {
  try {
    return parsed(text)
  } catch (cause) {
    throw new BusError('ANSWER', `the answer cannot be read: ${messageOf(cause)}`, { cause })
  }
}
