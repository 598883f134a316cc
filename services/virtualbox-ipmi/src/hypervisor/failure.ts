import { type ErrorCode, PowerbusError } from '@powerbus/plugin-sdk'
import { isOff, type Vm } from './vm.ts'

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

/** TARGET_STATE. `why`: why the VM's state forbids it, and what to do. */
export function wrongState({ id, state }: Pick<Vm, 'id' | 'state'>, why: string, cause?: unknown): PowerbusError {
  return new PowerbusError('TARGET_STATE', `VM ${id} is ${state}: ${why}`, { cause })
}

/** Throws TARGET_STATE unless the VM is off. `what`: `cloned` or `destroyed`. */
export function assertOff(vm: Vm, what: string): void {
  if (!isOff(vm.state)) throw wrongState(vm, `only a VM that is off can be ${what}; power it off first`)
}

/** TARGET_BUSY, for a state that passes by itself. */
export function notYet({ id, state }: Vm): PowerbusError {
  return new PowerbusError('TARGET_BUSY', `VM ${id} is ${state}; try again when that has ended`)
}
