import type { Command } from '../commands/command.ts'
import { CompletionCode } from '../spec/completion-code.ts'
import { PrivilegeLevel, type PrivilegeName } from '../spec/privilege-level.ts'
import type { MaybePromise } from './chassis.ts'
import type { CommandContext } from './command-context.ts'

export interface Reply {
  readonly completionCode: number
  readonly data: Uint8Array
}

/** The BMC's side of one command. */
export interface Answer {
  readonly name: string
  readonly netFn: number
  readonly cmd: number
  readonly privilege: PrivilegeName | 'none'
  /** Throws or rejects only if the chassis does. */
  reply(data: Uint8Array, context: CommandContext): MaybePromise<Reply>
  /** Runs when the answer, a completion code of 00h, has been sent. */
  readonly afterwards?: ((context: CommandContext) => void) | undefined
}

/**
 * Defines the BMC's side of a command. `handle` returns the response, or a completion code other than 00h. A request
 * of a wrong length gets C7h and does not reach `handle`. `afterwards` runs when a successful answer has been sent.
 */
export function answer<Request, Response extends object>(
  command: Command<Request, Response>,
  handle: (request: Request, context: CommandContext) => MaybePromise<Response | number>,
  afterwards?: (context: CommandContext) => void,
): Answer {
  const { name, netFn, cmd, privilege, request, response } = command
  const encode = (outcome: Response | number): Reply =>
    typeof outcome === 'number'
      ? refusal(outcome)
      : { completionCode: CompletionCode.Ok, data: response.encode(outcome) }
  return {
    name,
    netFn,
    cmd,
    privilege,
    afterwards,
    reply(data, context) {
      if (data.length < request.minLength || data.length > request.maxLength) {
        return refusal(CompletionCode.InvalidLength)
      }
      const outcome = handle(request.decode(data), context)
      return outcome instanceof Promise ? outcome.then(encode) : encode(outcome)
    },
  }
}

/** A reply of a completion code without data. */
export function refusal(completionCode: number): Reply {
  return { completionCode, data: new Uint8Array(0) }
}

/** Whether a session at privilege level `level` may send the command. `level` is undefined outside a session. */
export function isPermitted({ privilege }: Answer, level: number | undefined): boolean {
  return privilege === 'none' || (level !== undefined && level >= PrivilegeLevel[privilege])
}
