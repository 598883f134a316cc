import type { Codec } from '../codec/codec.ts'
import type { PrivilegeName } from '../spec/privilege-level.ts'

/** One IPMI command, the same object for client and BMC. `response` excludes the completion code. */
export interface Command<Request, Response> {
  /** Name in the specification. */
  readonly name: string
  readonly netFn: number
  readonly cmd: number
  /** Lowest privilege level that may send the command (appendix G). `none`: also outside a session. */
  readonly privilege: PrivilegeName | 'none'
  /** Whether an unanswered command may be sent again because executing it twice has the same outcome. Default true. */
  readonly repeatable?: boolean | ((request: Request) => boolean)
  /** Whether a machine that was on before this request and is off after it has executed it. Default: never. */
  readonly offShowsIt?: (request: Request) => boolean
  readonly request: Codec<Request>
  readonly response: Codec<Response>
  /** Meanings of the command-specific completion codes 80h..BEh. */
  readonly completionCodes?: Readonly<Record<number, string>>
}

/** Returns the definition with its types inferred. */
export function command<Request, Response>(definition: Command<Request, Response>): Command<Request, Response> {
  return definition
}

/** Whether this request may be sent again if it was not answered. */
export function isRepeatable<Request>(definition: Command<Request, unknown>, request: Request): boolean {
  const { repeatable = true } = definition
  return typeof repeatable === 'function' ? repeatable(request) : repeatable
}
