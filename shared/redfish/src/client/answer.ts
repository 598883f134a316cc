import { messagesOf } from '../messages/messages-of.ts'
import type { RedfishMessage } from '../messages/redfish-message.ts'
import type { JsonObject } from '../resources/resource.ts'
import { BodyFault, decompressed, parseBody } from './json-body.ts'
import type { WireAnswer } from './wire.ts'

/** One answer of the BMC, whatever its status. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Undefined where the body is empty or no JSON object. */
  readonly body?: JsonObject
  /** Why the body could not be read. */
  readonly fault?: string
  readonly messages: readonly RedfishMessage[]
}

/** Reads a body. One that cannot be read is a fault of the answer, which a write may not care about. */
export async function readAnswer({ status, headers, body: raw }: WireAnswer, maxBytes: number): Promise<Answer> {
  try {
    const encoding = headers['content-encoding']
    const body = parseBody(encoding === undefined ? raw : await decompressed(raw, encoding, maxBytes))
    return { status, headers, ...(body && { body }), messages: messagesOf(body) }
  } catch (error) {
    if (!(error instanceof BodyFault)) throw error
    return { status, headers, fault: error.message, messages: [] }
  }
}

/** 2xx. */
export function isGood({ status }: Answer): boolean {
  return status >= 200 && status < 300
}
