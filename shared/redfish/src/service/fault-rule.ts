import type { Json } from './json-value.ts'
import type { MessageKey } from './service-message.ts'

/** What happens to the requests that a rule takes; absent parts do not happen. */
export interface FaultRule {
  /** HTTP method; default: all. */
  readonly method?: string
  /** Part of the path, or a pattern of it; default: all paths. */
  readonly path?: string | RegExp
  /** Requests that the rule takes before it ends; default: all. */
  times?: number
  /** Requests that the rule lets pass first. */
  after?: number
  /** Waits before anything else. */
  readonly latencyMs?: number
  /** Never answers, and does nothing. */
  readonly hang?: boolean
  /** Breaks the connection: `request` before anything was done, `answer` after it was done. */
  readonly lose?: 'request' | 'answer'
  /** Answers this status, and does nothing. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Message of the error body that goes with `status`. */
  readonly message?: MessageKey | { readonly id: string; readonly text?: string; readonly args?: readonly string[] }
  /** Body in place of the answer's, sent as it is. `huge`: endless until the client goes. */
  readonly body?: string | Uint8Array | 'huge'
  /** Properties in place of those of a good answer; null stays, undefined removes. */
  readonly patch?: Readonly<Record<string, Json | undefined>>
  /** Milliseconds between each 16 bytes of the answer's body. */
  readonly slowMs?: number
}

/** The first rule that takes the request, which is counted. */
export function takeRule(rules: readonly FaultRule[], method: string, path: string): FaultRule | undefined {
  return rules.find((rule) => {
    if (rule.method !== undefined && rule.method !== method) return false
    if (typeof rule.path === 'string' ? !path.includes(rule.path) : rule.path && !rule.path.test(path)) return false
    if (rule.times === 0) return false
    if (rule.after !== undefined && rule.after > 0) {
      rule.after--
      return false
    }
    if (rule.times !== undefined) rule.times--
    return true
  })
}
