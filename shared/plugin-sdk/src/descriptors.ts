import { PowerbusError } from './errors.ts'

/**
 * PLUGIN_UNAVAILABLE where an error, or what caused it, is that this process or the system has no file descriptor left:
 * the connection, program or file was never opened, so nothing was done. Undefined for any other error.
 */
export function outOfDescriptors(error: unknown): PowerbusError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code !== 'EMFILE' && code !== 'ENFILE') continue
    const text = `too many open files (${code}), so nothing was sent: try again, and raise the limit (ulimit -n, LimitNOFILE)`
    return new PowerbusError('PLUGIN_UNAVAILABLE', text, { cause: error })
  }
  return undefined
}
