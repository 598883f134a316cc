import { type DrpError, decodeDrpError } from '@powerbus/drp'
import { type ErrorCode, errorTable } from '@powerbus/plugin-sdk'

/** What is away may come back, whatever the plugin calls it. */
const PASSING_STATUSES = [502, 503, 504]

/** Why a config or a publish failed, in words. */
export function reasonsOf(body: DrpError): readonly string[] {
  const last = body.Messages.at(-1)
  if (last === undefined) return [`it failed with ${body.Code}`]
  const { Messages } = wrapped(last) ?? body
  return Messages.length === 0 ? [last] : Messages
}

/** Whether the same config may succeed later, without a change of its params: by its status, or by the error table. */
export function mayPass(status: number, body: DrpError): boolean {
  if (PASSING_STATUSES.includes(status)) return true
  const { Reason = '' } = wrapped(body.Messages.at(-1) ?? '') ?? body
  return Object.hasOwn(errorTable, Reason) && errorTable[Reason as ErrorCode].retry
}

/** A config or publish that failed carries the failing Error as a JSON string in its last message (plugin contract §3). */
function wrapped(message: string): DrpError | undefined {
  try {
    return decodeDrpError(JSON.parse(message))
  } catch {
    // Plain words, from a plugin that does not wrap them.
    return undefined
  }
}
