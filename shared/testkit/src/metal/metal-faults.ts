import type { MetalCall } from './metal-calls.ts'

/** Effect of a fault on a call. The call's work is done unless the kind says otherwise. */
export type MetalEffect =
  /** Answers with this status, without the work. Default body: an Error of the API. */
  | { readonly kind: 'answer'; readonly status: number; readonly body?: string }
  /**
   * Answers 429 or 403 without the work. The header says when calls are accepted again (`X-RateLimit-Reset` or
   * `Retry-After`).
   */
  | {
      readonly kind: 'rateLimit'
      readonly resetMs: number
      readonly header?: 'x-ratelimit-reset' | 'retry-after'
      /** Default 429. */
      readonly status?: 429 | 403
    }
  /** Answers a create as the API does that has no servers of the plan left, without the work. */
  | { readonly kind: 'noServers' }
  /** Cuts the connection before the work. */
  | { readonly kind: 'cutBefore' }
  /** Cuts the connection after the work, so the answer is lost. */
  | { readonly kind: 'lostAnswer' }
  /** Holds the call before (or with `after`, after) its work until the fault is released. */
  | { readonly kind: 'hang'; readonly after?: boolean }
  /** Sends the body in pieces of 8 bytes, `everyMs` milliseconds apart. */
  | { readonly kind: 'slowBody'; readonly everyMs: number }
  /** Sends a body shorter than its content-length. */
  | { readonly kind: 'cutBody' }
  /** Sends a body that is not JSON. */
  | { readonly kind: 'invalidJson' }
  /** Sends an empty listing with a consistent meta. */
  | { readonly kind: 'emptyListing' }
  /** Sends a page of a listing without the link to the next page. */
  | { readonly kind: 'noNextPage' }

/** Parts of a call by which a fault chooses its calls. */
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
  /** Most calls that the fault hits; default 1. */
  readonly times?: number
  /** Hits the first and then every n-th matching call; default 1. */
  readonly every?: number
}

/** An active fault. */
export interface PlacedFault {
  readonly effect: MetalEffect
  /** Number of calls that the effect has changed; a call that hangs after its work counts when the work is done. */
  readonly hits: number
  /** Resolves at the first hit. */
  readonly hit: Promise<void>
  /** Counts a hit. */
  strike(): void
  /** Lets all calls continue that hang or would hang. */
  release(): void
  readonly released: Promise<void>
  /** Ends the fault, and lets hanging calls continue. */
  remove(): void
}

/** Active faults in order of `add`; the first matching fault applies to a call. */
export class MetalFaults {
  readonly #placed: Placed[] = []

  add(fault: MetalFault): PlacedFault {
    const placed = new Placed(fault)
    this.#placed.push(placed)
    return placed
  }

  /** The fault that applies to a call; undefined if there is none. */
  take(request: FaultyRequest): PlacedFault | undefined {
    return this.#placed.find((fault) => fault.takes(request))
  }

  /** Removes all faults. */
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
  #taken = 0
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
    if (this.#removed || this.#taken >= times) return false
    if (calls && !calls.includes(request.call)) return false
    if (where && !where(request)) return false
    if (this.#matched++ % every !== 0) return false
    this.#taken++
    return true
  }

  strike(): void {
    this.#hits++
    this.#onHit()
  }

  release(): void {
    this.#onRelease()
  }

  remove(): void {
    this.#removed = true
    this.release()
  }
}
