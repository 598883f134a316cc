import { PowerbusError } from '@powerbus/plugin-sdk'
import { StoreError } from '@powerbus/store'

/** Maps a failure of the store to STORE_UNAVAILABLE, and a key or value over its limits to REQUEST_INVALID. */
export async function stored<R>(work: Promise<R>): Promise<R> {
  try {
    return await work
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause
    if (cause.code === 'STORE_INPUT') {
      throw new PowerbusError('REQUEST_INVALID', cause.message, { cause })
    }
    throw new PowerbusError('STORE_UNAVAILABLE', `${cause.message}; mend that, then try again`, { cause })
  }
}
