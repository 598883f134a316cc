import type { PowerbusError } from '../errors.ts'
import type { Logger } from '../log.ts'

/** Only our own faults carry the error with stack and cause; what the caller can act on is one line. */
export function tellFailure(log: Logger, message: string, error: PowerbusError, thrown: unknown): void {
  const fault = error.code === 'INTERNAL' && { error: thrown }
  const level = error.status >= 500 ? 'error' : 'warn'
  log[level](message, { code: error.code, reason: error.message, ...fault })
}
