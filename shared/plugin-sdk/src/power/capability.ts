import { PowerbusError } from '../errors.ts'
import type { PowerDriver } from './driver.ts'

/** A driver that has these methods. */
export type Able<Method extends keyof PowerDriver> = PowerDriver & Required<Pick<PowerDriver, Method>>

/** The driver, known to have the methods. Throws CAPABILITY_UNSUPPORTED where one is missing. */
export function capable<Method extends keyof PowerDriver>(
  driver: PowerDriver,
  command: string,
  ...methods: readonly Method[]
): Able<Method> {
  if (methods.every((method) => driver[method] !== undefined)) return driver as Able<Method>
  throw unsupported(driver, command)
}

export function unsupported(driver: PowerDriver, command: string): PowerbusError {
  return new PowerbusError(
    'CAPABILITY_UNSUPPORTED',
    `Action ${command} not supported on ${driver.service} driver: ${driver.mode}`,
  )
}
