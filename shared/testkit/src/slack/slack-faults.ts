import { type SlackArguments, textOf } from './slack-arguments.ts'

/** What a call meets instead of its answer. */
export type Fault =
  /** 429, and the channel (or method) stays limited for so long. */
  | { readonly rateLimited: { readonly retryAfterS: number } }
  /** `{"ok": false, "error": CODE}`: token_revoked, is_archived, not_in_channel, channel_not_found, fatal_error ... */
  | { readonly error: string; readonly more?: Readonly<Record<string, unknown>> }
  /** An HTTP status with a page that is no JSON: 500, 502, 503. */
  | { readonly status: number }
  /** `before`: not done and never answered. `after`: done, and never answered. */
  | { readonly hang: 'before' | 'after' }
  /** The connection breaks: before the call is done, or after it is done ("posted, but the answer is lost"). */
  | { readonly cut: 'before' | 'after' }
  /** The caller gets no answer and gives up; so many milliseconds after it has, the call is carried out all the same. */
  | { readonly doneAfterLeavingMs: number }
  /** Done and answered, but so much later. */
  | { readonly delayMs: number }

export interface FaultRule {
  /** `chat.postMessage`; all methods where absent. */
  readonly method?: string
  /** Id of a channel; all where absent. */
  readonly channel?: string
  /** Every so many of the matching calls, the first one met being the Nth. 1. */
  readonly every?: number
  /** Calls that it meets before it is over. No end where absent. */
  readonly times?: number
  readonly fault: Fault
}

interface Active {
  readonly rule: FaultRule
  matched: number
  met: number
}

/** The faults that are to happen, and the calls that came although they had been told to wait. */
export class SlackFaults {
  readonly #active = new Set<Active>()

  /** Faults from now on; the function that comes back takes the rule away again. */
  add(rule: FaultRule): () => void {
    const active: Active = { rule, matched: 0, met: 0 }
    this.#active.add(active)
    return () => this.#active.delete(active)
  }

  clear(): void {
    this.#active.clear()
  }

  /** The rule of the fault that a call meets now: the oldest that hits. Every matching rule counts the call. */
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

/** The limits that a call falls under: messages are limited per channel, all other methods as a whole, or for a channel that a rule names. */
export function limitsOf(method: string, args: SlackArguments): { readonly whole: string; readonly ofChannel: string } {
  return { whole: method, ofChannel: `${method} ${textOf(args, 'channel')}` }
}
