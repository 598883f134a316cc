import { PowerbusError } from '../errors.ts'

/** Whether the next read of a row may be answered, in this turn. */
export function mayPass(error: PowerbusError): boolean {
  return error.retry && error.code !== 'LEASE_LOST' && error.code !== 'SHUTTING_DOWN'
}

/** An unreachable address is said at once: nothing about it passes in seconds. */
export function isRepeatable(error: unknown): error is PowerbusError {
  return error instanceof PowerbusError && (error.code === 'TARGET_BUSY' || error.code === 'TARGET_TIMEOUT')
}
