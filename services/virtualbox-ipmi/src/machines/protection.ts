import type { JsonObject, Machine } from '@powerbus/drp'
import { powerProtected } from '@powerbus/plugin-sdk'
import type { VmMachines } from './vm-machines.ts'

/** A profile that every machine has. */
const GLOBAL = 'global'

/** What an event tells of a machine, as far as it is read. */
export interface EventMachine {
  readonly Uuid: string
  readonly Name: string
  readonly Params: JsonObject
  readonly Profiles: readonly string[]
}

/** A machine that stands for the VM and that power/protected keeps from being taken down. Throws as the endpoint does not answer. */
export async function protectorOf(
  vmId: string,
  machines: VmMachines,
  signal: AbortSignal,
): Promise<Machine | undefined> {
  for (const machine of await machines.ofVm(vmId, signal)) {
    const params = await machines.params(machine.Uuid, signal)
    if (params?.[powerProtected.name] === true) return machine
  }
  return undefined
}

/** Whether power/protected was true of a machine that is gone: its own value counts, then that of its profiles in their order. */
export async function wasProtected(
  { Params, Profiles }: EventMachine,
  machines: VmMachines,
  signal: AbortSignal,
): Promise<boolean> {
  const own = Params[powerProtected.name]
  if (own !== undefined) return own === true
  for (const name of [...Profiles, GLOBAL]) {
    const value = (await machines.profileParams(name, signal))?.[powerProtected.name]
    if (value !== undefined) return value === true
  }
  return false
}
