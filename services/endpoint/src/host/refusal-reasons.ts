import { type DrpError, decodeDrpError } from '@powerbus/drp'

/** A config or publish that failed carries the failing Error as a JSON string in its last message (plugin contract §3). */
export function reasonsOf(body: DrpError): readonly string[] {
  const last = body.Messages.at(-1)
  if (last === undefined) return [`it failed with ${body.Code}`]
  try {
    const { Messages } = decodeDrpError(JSON.parse(last))
    return Messages.length === 0 ? [last] : Messages
  } catch {
    // Plain words, from a plugin that does not wrap them.
    return body.Messages
  }
}
