import { getChannelCipherSuites } from '../commands/get-channel-cipher-suites.ts'
import { CompletionCode } from '../spec/completion-code.ts'
import type { LanRequest } from '../wire/lan-message.ts'
import { type Answer, isPermitted, type Reply, refusal } from './answer.ts'
import { appAnswers } from './answers/app.ts'
import { bootAnswers } from './answers/boot.ts'
import { channelAnswers } from './answers/channel.ts'
import { chassisAnswers } from './answers/chassis.ts'
import { dcmiAnswers } from './answers/dcmi.ts'
import { lanAnswers } from './answers/lan.ts'
import { selAnswers } from './answers/sel.ts'
import { sensorAnswers } from './answers/sensors.ts'
import { sessionInfoAnswers } from './answers/session-info.ts'
import { storageAnswers } from './answers/storage.ts'
import { userAnswers } from './answers/users.ts'
import type { MaybePromise } from './chassis.ts'
import type { CommandContext } from './command-context.ts'

/** All commands that the BMC supports. */
export const answers: readonly Answer[] = [
  ...appAnswers,
  ...channelAnswers,
  ...userAnswers,
  ...sessionInfoAnswers,
  ...lanAnswers,
  ...chassisAnswers,
  ...bootAnswers,
  ...storageAnswers,
  ...selAnswers,
  ...sensorAnswers,
  ...dcmiAnswers,
]

const byNumber = new Map(answers.map((answer) => [numberOf(answer.netFn, answer.cmd), answer]))

function numberOf(netFn: number, command: number): number {
  return netFn * 256 + command
}

/** The BMC's side of a request's command; undefined for a command that the BMC does not know. */
export function answerOf({ netFn, command }: LanRequest): Answer | undefined {
  return byNumber.get(numberOf(netFn, command))
}

/**
 * Answers one request; undefined if a fault keeps the BMC silent. Completion codes: C2h for a LUN other than 0; C1h for
 * an unknown command in a session; D4h for one outside a session or above `level`, the session's privilege level; C7h for a
 * wrong length. Throws or rejects only if the chassis does.
 */
export function answerCommand(
  request: LanRequest,
  context: CommandContext,
  level: number | undefined,
): MaybePromise<Reply> | undefined {
  const { faults, session } = context
  const found = answerOf(request)
  if (session === undefined && found?.name === getChannelCipherSuites.name && faults.silentCipherSuites)
    return undefined
  if (request.responderLun !== 0) return refusal(CompletionCode.InvalidForLun)
  if (found === undefined) {
    return refusal(session === undefined ? CompletionCode.InsufficientPrivilege : CompletionCode.InvalidCommand)
  }
  if (!isPermitted(found, level)) return refusal(CompletionCode.InsufficientPrivilege)
  if (session !== undefined && (faults.busyCommands ?? 0) > 0) {
    faults.busyCommands = (faults.busyCommands ?? 0) - 1
    return refusal(CompletionCode.NodeBusy)
  }
  const code = faults.completionCodes?.[found.name]
  return code === undefined ? found.reply(request.data, context) : refusal(code)
}
