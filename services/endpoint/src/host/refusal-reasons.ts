import { type DrpError, decodeDrpError } from '@powerbus/drp'
import { type ErrorCode, errorTable } from '@powerbus/plugin-sdk'

/** Statuses that may pass, whatever the error code. */
const PASSING_STATUSES = [502, 503, 504]

/** The messages of a failed config or publish. */
export function reasonsOf(body: DrpError): readonly string[] {
  const last = body.Messages.at(-1)
  if (last === undefined) return [`it failed with ${body.Code}`]
  const { Messages } = wrapped(last) ?? body
  return Messages.length === 0 ? [last] : Messages
}

/** Whether the same params may succeed later, by the status or the error table. */
export function mayPass(status: number, body: DrpError): boolean {
  if (PASSING_STATUSES.includes(status)) return true
  const { Reason = '' } = wrapped(body.Messages.at(-1) ?? '') ?? body
  return Object.hasOwn(errorTable, Reason) && errorTable[Reason as ErrorCode].retry
}

/** The Error that a failed config or publish carries as JSON in its last message (plugin contract §3). */
function wrapped(message: string): DrpError | undefined {
  try {
    return decodeDrpError(JSON.parse(message))
  } catch {
    // Some plugins answer with plain text instead.
    return undefined
  }
}
