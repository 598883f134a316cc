import type { Command } from '../commands/command.ts'
import type { IpmiErrorDetails, IpmiErrorKind } from './ipmi-error.ts'

/** A command of any types. */
export type AnyCommand = Pick<Command<never, unknown>, 'name' | 'netFn' | 'cmd' | 'completionCodes'>

/** A command of a run, encoded. One of the two methods is called, once. */
export interface Request {
  readonly command: AnyCommand
  readonly data: Uint8Array
  /** Sent in exactly one datagram. */
  readonly once: boolean
  /** It changes something, or may: it is sent again less often. */
  readonly changes: boolean
  /** Privilege level that it needs; 0: none. */
  readonly level: number
  /** rqSeq; -1 until it is sent. */
  sequence: number
  /** A machine that is off after it shows that it was executed. */
  readonly offShowsIt: boolean
  /** An answer says no more than that it was executed. */
  readonly answerIsEmpty: boolean
  /** `answered` is the command whose answer it is: the request's own, or one that it needed. */
  answered(completionCode: number, data: Uint8Array, answered: AnyCommand): void
  failed(kind: IpmiErrorKind, what: string, details?: IpmiErrorDetails): void
}
