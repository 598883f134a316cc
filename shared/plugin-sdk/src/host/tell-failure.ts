import type { PowerbusError } from '../errors.ts'
import type { Logger } from '../log.ts'

/** Only our own faults carry a stack; what the caller can act on is one line. */
export function tellFailure(log: Logger, message: string, error: PowerbusError, thrown: unknown): void {
  const stack = error.code === 'INTERNAL' && thrown instanceof Error ? { stack: thrown.stack } : {}
  const level = error.status >= 500 ? 'error' : 'warn'
  log[level](message, { code: error.code, reason: error.message, ...stack })
}
