import type { MetalCall } from './metal-counts.ts'

/** What goes wrong with a call. Where nothing else is said, the call's work is done before. */
export type MetalEffect =
  /** This answer, and no work; the body is an Error of the API where absent. */
  | { readonly kind: 'answer'; readonly status: number; readonly body?: string }
  /** 429 with the moment at which calls are taken again (`X-RateLimit-Reset`, seconds since 1970, or `Retry-After`); no work. */
  | { readonly kind: 'rateLimit'; readonly resetMs: number; readonly header?: 'x-ratelimit-reset' | 'retry-after' }
  /** The connection is cut, and no work is done. */
  | { readonly kind: 'cutBefore' }
  /** The connection is cut when the work is done: the answer is lost. */
  | { readonly kind: 'lostAnswer' }
  /** No answer until the fault is released; then the call goes on. */
  | { readonly kind: 'hang'; readonly after?: boolean }
  /** The body comes in pieces of eight bytes, so many milliseconds apart. */
  | { readonly kind: 'slowBody'; readonly everyMs: number }
  /** The body ends before its length. */
  | { readonly kind: 'cutBody' }
  /** The body is not JSON. */
  | { readonly kind: 'invalidJson' }
  /** A listing with nothing in it, and a meta that says so. */
  | { readonly kind: 'emptyListing' }
  /** A listing's page that does not say that there is another. */
  | { readonly kind: 'noNextPage' }

/** What a fault may look at to choose its calls. */
export interface FaultyRequest {
  readonly call: MetalCall
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface MetalFault {
  readonly effect: MetalEffect
  /** Default: all kinds of calls. */
  readonly calls?: readonly MetalCall[]
  readonly where?: (request: FaultyRequest) => boolean
  /** How many of the calls that match are hit; default 1. */
  readonly times?: number
  /** Hits each so-manieth of the calls that match, the first one first; default 1: every one. */
  readonly every?: number
}

/** A fault that was put in place. */
export interface PlacedFault {
  readonly effect: MetalEffect
  /** Calls that it has hit. */
  readonly hits: number
  /** Resolved when it hits a call, at once if it has. */
  readonly hit: Promise<void>
  /** Lets calls go on that hang, and those that would. */
  release(): void
  readonly released: Promise<void>
  /** Hits no more; what hangs goes on. */
  remove(): void
}

/** Faults in the order in which they were put in place; a call has the first one that matches. */
export class MetalFaults {
  readonly #placed: Placed[] = []

  add(fault: MetalFault): PlacedFault {
    const placed = new Placed(fault)
    this.#placed.push(placed)
    return placed
  }

  /** The fault of a call, which counts as hit; undefined where all is well. */
  take(request: FaultyRequest): PlacedFault | undefined {
    return this.#placed.find((fault) => fault.takes(request))
  }

  /** All is well again. */
  clear(): void {
    for (const fault of this.#placed) fault.remove()
    this.#placed.length = 0
  }
}

class Placed implements PlacedFault {
  readonly hit: Promise<void>
  readonly released: Promise<void>
  readonly #fault: MetalFault
  #hits = 0
  #matched = 0
  #removed = false
  #onHit: () => void = () => undefined
  #onRelease: () => void = () => undefined

  constructor(fault: MetalFault) {
    this.#fault = fault
    this.hit = new Promise((resolve) => {
      this.#onHit = resolve
    })
    this.released = new Promise((resolve) => {
      this.#onRelease = resolve
    })
  }

  get effect(): MetalEffect {
    return this.#fault.effect
  }

  get hits(): number {
    return this.#hits
  }

  takes(request: FaultyRequest): boolean {
    const { calls, where, times = 1, every = 1 } = this.#fault
    if (this.#removed || this.#hits >= times) return false
    if (calls && !calls.includes(request.call)) return false
    if (where && !where(request)) return false
    if (this.#matched++ % every !== 0) return false
    this.#hits++
    this.#onHit()
    return true
  }

  release(): void {
    this.#onRelease()
  }

  remove(): void {
    this.#removed = true
    this.release()
  }
}
