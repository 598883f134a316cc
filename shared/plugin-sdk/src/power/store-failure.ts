import { StoreError } from '@powerbus/store'
import { PowerbusError } from '../errors.ts'

/** A store's error as the caller of an action gets it; any other error as it is. */
export function ofStore(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error
  switch (error.code) {
    case 'STORE_FENCED':
    case 'LOCK_LOST':
      return new PowerbusError(
        'LEASE_LOST',
        `This replica stood still or was cut off, and another one may have taken over: ${error.message}`,
        { cause: error },
      )
    case 'STORE_CLOSED':
      return new PowerbusError('SHUTTING_DOWN', error.message, { cause: error })
    case 'STORE_UNAVAILABLE':
    case 'STORE_CORRUPT':
    case 'STORE_LOCKED':
    case 'LOCK_HELD':
      return new PowerbusError('STORE_UNAVAILABLE', error.message, { cause: error })
    case 'STORE_INPUT':
      return new PowerbusError('INTERNAL', error.message, { cause: error })
  }
}

/** The promise's end, with a store's error as one of ours. */
export async function fromStore<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    throw ofStore(error)
  }
}
