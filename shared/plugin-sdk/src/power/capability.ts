import { PowerbusError } from '../errors.ts'
import type { Described, PowerConnection, PowerDriver } from './driver.ts'

export type Capability = Described | 'setBoot'

/** A connection that has these methods. */
export type Able<Method extends keyof PowerConnection> = PowerConnection & Required<Pick<PowerConnection, Method>>

/** The driver, known to have the methods. Sends nothing. Throws CAPABILITY_UNSUPPORTED where one is missing. */
export function capable<Method extends Capability>(
  driver: PowerDriver,
  command: string,
  methods: readonly Method[],
): PowerDriver<Able<Method>> {
  if (methods.every((method) => hasMethod(driver, method))) return driver as PowerDriver<Able<Method>>
  throw unsupported(driver, command)
}

export function unsupported(driver: PowerDriver, command: string): PowerbusError {
  return new PowerbusError(
    'CAPABILITY_UNSUPPORTED',
    `Action ${command} not supported on ${driver.service} driver: ${driver.mode}`,
  )
}

function hasMethod(driver: PowerDriver, method: Capability): boolean {
  return method === 'setBoot' ? driver.describeBoot !== undefined : driver.describe(method) !== undefined
}
