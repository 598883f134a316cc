import { type Call, type ParamValues, PowerbusError } from '@powerbus/plugin-sdk'
import type { Vm } from '../hypervisor/vm.ts'
import type { id as idParam, name as nameParam } from '../params.ts'
import type { VmHost } from '../vm-host.ts'

/** Params by which an action names a VM. */
type VmChoice = ParamValues<readonly [typeof idParam, typeof nameParam]>

/**
 * The VM that the params name. Throws PARAM_MISSING, OBJECT_UNKNOWN, and OBJECT_CONFLICT where several VMs have the
 * name, or where id and name are of two VMs.
 */
export async function chosenVm({ hypervisor }: VmHost, params: VmChoice, call: Call): Promise<Vm> {
  const name = params['virtualbox/name'] ?? ''
  const id = params['virtualbox/id'] ?? ''
  if (id !== '') {
    const vm = await hypervisor.get(id, call)
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
