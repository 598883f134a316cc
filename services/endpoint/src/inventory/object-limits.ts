import { PowerbusError } from '@powerbus/plugin-sdk'
import { checkedJson, JsonError, type JsonLimits } from '@powerbus/store'

/** Of a request's body and of a stored object. Below JSON_DEPTH_MAX: events, notes and answers wrap an object. */
export const API_LIMITS: JsonLimits = { depthMax: 100, valuesMax: 20_000 }

/** Bytes of an object as JSON. A request on the bus has at most 960 KiB, and carries the object and an action's params. */
export const OBJECT_BYTES_MAX = 768 * 1024

/** Throws REQUEST_INVALID for an object that a later list, event, patch or action could not carry. */
export function checkObject(kind: string, object: unknown): void {
  let bytes: number
  try {
    bytes = Buffer.byteLength(checkedJson(object, API_LIMITS))
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw new PowerbusError('REQUEST_INVALID', `the object of ${kind} ${cause.message}`, { cause })
  }
  if (bytes <= OBJECT_BYTES_MAX) return
  const text = `an object of ${kind} has at most ${OBJECT_BYTES_MAX} bytes as JSON, and would have ${bytes}`
  throw new PowerbusError('REQUEST_INVALID', text)
}
