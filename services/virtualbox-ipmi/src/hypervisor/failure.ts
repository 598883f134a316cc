import { type ErrorCode, PowerbusError } from '@powerbus/plugin-sdk'

/** Whether this is a PowerbusError with one of the codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is PowerbusError {
  return error instanceof PowerbusError && codes.includes(error.code)
}

/** What the work returns; undefined where it fails with OBJECT_UNKNOWN. */
export async function unlessUnknown<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (hasCode(error, 'OBJECT_UNKNOWN')) return undefined
    throw error
  }
}
