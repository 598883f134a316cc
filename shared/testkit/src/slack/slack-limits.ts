export interface PacingOptions {
  /** Messages that a channel takes in a row before it is held to its rate. 1. */
  readonly burst?: number
  /** Messages per second and channel. 1, as Slack documents for chat.postMessage. */
  readonly perSecond?: number
  /** Messages per minute over all channels ("several hundred"). No limit where absent. */
  readonly workspacePerMinute?: number
  /** Messages that the workspace takes in a row before it is held to that. As many as in a minute. */
  readonly workspaceBurst?: number
}

/** Calls that Slack lets through and calls that it answers with 429: token buckets per channel and for the workspace. */
export class SlackPacing {
  readonly #options: PacingOptions
  readonly #channels = new Map<string, Bucket>()
  readonly #workspace: Bucket | undefined

  constructor(options: PacingOptions) {
    this.#options = options
    const { workspacePerMinute: perMinute, workspaceBurst: burst } = options
    if (perMinute !== undefined) this.#workspace = new Bucket(burst ?? perMinute, perMinute / 60)
  }

  /** Undefined where a message to the channel may pass now; else the whole seconds (at least 1) to wait. */
  retryAfterS(channel: string): number | undefined {
    const { burst = 1, perSecond = 1 } = this.#options
    let bucket = this.#channels.get(channel)
    if (!bucket) {
      bucket = new Bucket(burst, perSecond)
      this.#channels.set(channel, bucket)
    }
    const waitS = Math.max(bucket.waitS(), this.#workspace?.waitS() ?? 0)
    if (waitS > 0) return Math.max(1, Math.ceil(waitS))
    bucket.take()
    this.#workspace?.take()
    return undefined
  }
}

class Bucket {
  readonly #capacity: number
  readonly #perSecond: number
  #tokens: number
  #filledAtMs = performance.now()

  constructor(capacity: number, perSecond: number) {
    this.#capacity = capacity
    this.#perSecond = perSecond
    this.#tokens = capacity
  }

  /** Seconds until there is a token; 0 where there is one. */
  waitS(): number {
    const nowMs = performance.now()
    const gained = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#capacity, this.#tokens + gained)
    this.#filledAtMs = nowMs
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#perSecond
  }

  take(): void {
    this.#tokens -= 1
  }
}
