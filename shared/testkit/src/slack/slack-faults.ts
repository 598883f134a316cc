import { type SlackArguments, textOf } from './slack-arguments.ts'

/** Effect of a fault on a call. */
export type Fault =
  /** Answers 429; the channel or method stays limited for `retryAfterS`. */
  | { readonly rateLimited: { readonly retryAfterS: number } }
  /** Answers `{"ok": false, "error": CODE}`, such as token_revoked, is_archived, not_in_channel, fatal_error. */
  | { readonly error: string; readonly more?: Readonly<Record<string, unknown>> }
  /** Answers an HTTP status such as 500, 502, 503 with a body that is not JSON. */
  | { readonly status: number }
  /** Never answers. `before`: the call is not executed. `after`: it is executed. */
  | { readonly hang: 'before' | 'after' }
  /** Breaks the connection before or after the call is executed ("posted, but the answer is lost"). */
  | { readonly cut: 'before' | 'after' }
  /** Never answers, and executes the call this many milliseconds after the caller has disconnected. */
  | { readonly doneAfterLeavingMs: number }
  /** Executes the call and answers this many milliseconds later. */
  | { readonly delayMs: number }

export interface FaultRule {
  /** Name of a method, such as `chat.postMessage`; default all. */
  readonly method?: string
  /** Id of a channel; default all. */
  readonly channel?: string
  /** Hits every n-th matching call, the n-th first; default 1. */
  readonly every?: number
  /** Most calls that the fault hits; default no limit. */
  readonly times?: number
  readonly fault: Fault
}

interface Active {
  readonly rule: FaultRule
  matched: number
  met: number
}

/** The active faults. */
export class SlackFaults {
  readonly #active = new Set<Active>()

  /** Adds a rule; the returned function removes it. */
  add(rule: FaultRule): () => void {
    const active: Active = { rule, matched: 0, met: 0 }
    this.#active.add(active)
    return () => this.#active.delete(active)
  }

  clear(): void {
    this.#active.clear()
  }

  /** The oldest rule that hits this call; undefined if none does. Every matching rule counts the call. */
  take(method: string, channel: string): FaultRule | undefined {
    let found: FaultRule | undefined
    for (const active of this.#active) {
      const { rule } = active
      if (rule.method !== undefined && rule.method !== method) continue
      if (rule.channel !== undefined && rule.channel !== channel) continue
      active.matched += 1
      if (found || active.matched % (rule.every ?? 1) !== 0) continue
      found = rule
      active.met += 1
      if (active.met === rule.times) this.#active.delete(active)
    }
    return found
  }
}

/** Names of the rate limits of a call: of the whole method, and of the method in one channel. */
export function limitsOf(method: string, args: SlackArguments): { readonly whole: string; readonly ofChannel: string } {
  return { whole: method, ofChannel: `${method} ${textOf(args, 'channel')}` }
}
