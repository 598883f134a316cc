import type { Delivery } from '../bus.ts'

/** setTimeout fires at once beyond it. */
const TIMER_MS_MAX = 0x7fffffff

/** One call of a handler: it ends with the handler, at its time limit, or when somebody ends it. */
export class HandlerRun implements Delivery {
  readonly deliveries: number
  readonly requestId: string | undefined
  #controller: AbortController | undefined
  #ended: { readonly reason: unknown } | undefined
  #reject: ((reason: unknown) => void) | undefined

  constructor(deliveries: number, requestId: string | undefined) {
    this.deliveries = deliveries
    this.requestId = requestId
  }

  /** Made when a handler asks for it: most do not. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#ended) this.#controller.abort(this.#ended.reason)
    }
    return this.#controller.signal
  }

  /** Rejects as the handler does, or with the reason of its end, whether the handler heeds that or not; where it was ended before, nothing is called. */
  async run(timeoutMs: number, handler: () => Promise<void>): Promise<void> {
    if (this.#ended) throw this.#ended.reason
    const late = () => this.end(new Error(`took longer than ${timeoutMs} ms`))
    const timer = setTimeout(late, Math.min(timeoutMs, TIMER_MS_MAX))
    try {
      await new Promise<void>((resolve, reject) => {
        this.#reject = reject
        handler().then(resolve, reject)
      })
    } finally {
      clearTimeout(timer)
    }
  }

  end(reason: unknown): void {
    this.#ended ??= { reason }
    this.#controller?.abort(reason)
    this.#reject?.(reason)
  }
}
