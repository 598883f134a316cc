import { type ActionContext, PowerbusError } from '@powerbus/plugin-sdk'
import type { Vm } from '../hypervisor/vm.ts'
import { protectorOf } from '../machines/protection.ts'
import type { VmHost } from '../vm-host.ts'

/**
 * A request for a VM by its id or name does not say whose it is: a machine of the endpoint that stands for the VM and has power/protected
 * protects it. Throws TARGET_PROTECTED.
 */
export async function assertUnprotected(
  { machines }: VmHost,
  { id, name }: Vm,
  { command, signal }: Pick<ActionContext, 'command' | 'signal'>,
): Promise<void> {
  const machine = await protectorOf(id, machines, signal)
  if (!machine) return
  throw new PowerbusError(
    'TARGET_PROTECTED',
    `${command} would take VM ${name} down, and power/protected is true on its machine ${machine.Name}`,
  )
}
