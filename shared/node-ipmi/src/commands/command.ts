import type { Codec } from '../codec/codec.ts'
import type { PrivilegeName } from '../spec/privilege-level.ts'

/** One IPMI command: both ends use the same object. Data fields without the completion code. */
export interface Command<Request, Response> {
  /** The specification's name. */
  readonly name: string
  readonly netFn: number
  readonly cmd: number
  /** Lowest privilege level that may send it (appendix G); `none`: also outside of a session. */
  readonly privilege: PrivilegeName | 'none'
  /** Whether it may be sent again when no answer came: once or ten times, the outcome is the same. Default true. */
  readonly repeatable?: boolean | ((request: Request) => boolean)
  readonly request: Codec<Request>
  readonly response: Codec<Response>
  /** Completion codes 80h..BEh of this command's own, in words. */
  readonly completionCodes?: Readonly<Record<number, string>>
}

export function command<Request, Response>(definition: Command<Request, Response>): Command<Request, Response> {
  return definition
}

export function isRepeatable<Request>(definition: Command<Request, unknown>, request: Request): boolean {
  const { repeatable = true } = definition
  return typeof repeatable === 'function' ? repeatable(request) : repeatable
}
