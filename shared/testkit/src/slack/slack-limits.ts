export interface PacingOptions {
  /** Messages that a channel accepts at once before its rate applies; default 1. */
  readonly burst?: number
  /** Messages per second and channel; default 1, which Slack documents for chat.postMessage. */
  readonly perSecond?: number
  /** Messages per minute over all channels (Slack: "several hundred"); default no limit. */
  readonly workspacePerMinute?: number
  /** Messages that the workspace accepts at once before its rate applies; default `workspacePerMinute`. */
  readonly workspaceBurst?: number
}

/** Decides which messages get 429, by token buckets per channel and for the workspace. */
export class SlackPacing {
  readonly #options: PacingOptions
  readonly #nowMs: () => number
  readonly #channels = new Map<string, Bucket>()
  readonly #workspace: Bucket | undefined

  /** `nowMs`: milliseconds of a clock that never goes back. */
  constructor(options: PacingOptions, nowMs: () => number) {
    this.#options = options
    this.#nowMs = nowMs
    const { workspacePerMinute: perMinute, workspaceBurst: burst } = options
    if (perMinute !== undefined) this.#workspace = new Bucket(burst ?? perMinute, perMinute / 60, nowMs)
  }

  /**
   * Undefined if the channel accepts a message now, which is then counted; else the whole seconds to wait, at least 1.
   */
  retryAfterS(channel: string): number | undefined {
    const { burst = 1, perSecond = 1 } = this.#options
    let bucket = this.#channels.get(channel)
    if (!bucket) {
      bucket = new Bucket(burst, perSecond, this.#nowMs)
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
  readonly #nowMs: () => number
  #tokens: number
  #filledAtMs: number

  constructor(capacity: number, perSecond: number, nowMs: () => number) {
    this.#nowMs = nowMs
    this.#filledAtMs = nowMs()
    this.#capacity = capacity
    this.#perSecond = perSecond
    this.#tokens = capacity
  }

  /** Seconds until there is a token; 0 if there is one. */
  waitS(): number {
    const nowMs = this.#nowMs()
    const gained = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#capacity, this.#tokens + gained)
    this.#filledAtMs = nowMs
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#perSecond
  }

  take(): void {
    this.#tokens -= 1
  }
}
