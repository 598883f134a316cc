import { type Call, PowerbusError } from '@powerbus/plugin-sdk'
import type { Vm } from '../hypervisor/vm.ts'
import type { VmHost } from '../vm-host.ts'

const UUID = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i

/** The UUID in upper case, without braces. Throws PARAM_INVALID. */
export function vmIdFrom(text: string): string {
  const id = UUID.exec(text.trim())?.[1]
  if (id === undefined) throw new PowerbusError('PARAM_INVALID', 'Param virtualbox/id must be a UUID')
  return id.toUpperCase()
}

/** Params by which an action names a VM. */
export interface VmChoice {
  readonly 'virtualbox/id'?: string
  readonly 'virtualbox/name'?: string
}

/**
 * The VM that the params name. Throws PARAM_MISSING, OBJECT_UNKNOWN, and OBJECT_CONFLICT where several VMs have the
 * name, or where id and name are of two VMs.
 */
export async function chosenVm({ hypervisor }: VmHost, params: VmChoice, call: Call): Promise<Vm> {
  const name = params['virtualbox/name'] ?? ''
  const id = params['virtualbox/id'] ?? ''
  if (id !== '') {
    const vm = await hypervisor.get(vmIdFrom(id), call)
    if (name === '' || vm.name === name) return vm
    throw new PowerbusError(
      'OBJECT_CONFLICT',
      `VM ${vm.id} is named ${vm.name}, not ${name}: correct virtualbox/id or virtualbox/name`,
    )
  }
  if (name === '') throw new PowerbusError('PARAM_MISSING', 'Set virtualbox/id or virtualbox/name of the VM')
  const found = (await hypervisor.list(call)).vms.filter((listing) => listing.name === name)
  const [first] = found
  if (!first) throw new PowerbusError('OBJECT_UNKNOWN', `There is no VM named ${name}`)
  if (found.length > 1)
    throw new PowerbusError('OBJECT_CONFLICT', `${found.length} VMs are named ${name}: set virtualbox/id`)
  return await hypervisor.get(first.id, call)
}
