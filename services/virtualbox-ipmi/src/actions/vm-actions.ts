import { randomUUID } from 'node:crypto'
import {
  type Action,
  type ActionContext,
  assertNoneProtected,
  assertNotProtected,
  defineAction,
  powerAction,
  powerDryRun,
  powerProtected,
  powerVerbs,
  required,
} from '@powerbus/plugin-sdk'
import { checkedId } from '../hypervisor/check-spec.ts'
import type { Vm } from '../hypervisor/vm.ts'
import { id, name, sizeOf, sizes, user } from '../params.ts'
import type { Service } from '../service.ts'
import { vmDriver } from '../vm/power-driver.ts'
import type { VmHost } from '../vm-host.ts'
import { chosenVm } from './vm-choice.ts'

/** Limit of making and destroying, since a large disk takes long. */
const VM_MS = 110_000
const findCall = ({ signal }: Pick<ActionContext, 'signal'>) => ({ signal, timeoutMs: 10_000 })

/** Result: `{"Id", "Name", "Machine": UUID, "HardwareAddrs", "Bmc": {"Address", "Port"} | null}`. */
export function createVm(service: Service): Action {
  return defineAction({
    name: 'createVm',
    model: 'plugins',
    description: 'Make a VM, and a machine for it',
    params: [required(user), name, id, ...sizes, powerDryRun],
    async run({ params, signal }) {
      const { host } = service
      const wanted = checkedId(params['virtualbox/id'] || randomUUID())
      const spec = {
        ...sizeOf(params),
        id: wanted,
        name: params['virtualbox/name'] || `vm-${wanted.slice(0, 8).toLowerCase()}`,
      }
      if (params['power/dry-run'])
        return { DryRun: true, Command: 'createVm', Target: spec.name, Mode: host.hypervisor.name, Spec: spec }
      const { vm, machine, place } = await host.pairs.create(spec, { signal, timeoutMs: VM_MS })
      return {
        Id: vm.id,
        Name: vm.name,
        Machine: machine.Uuid,
        HardwareAddrs: vm.macs,
        Bmc: place ? { Address: place.address, Port: place.port } : null,
      }
    },
  })
}

/** poweron and poweroff for a VM by its id or name. */
export function switchActions(service: Service): Action[] {
  const verbs = { startVm: 'poweron', stopVm: 'poweroff' } as const
  return Object.entries(verbs).map(([command, verb]) =>
    powerAction(verb, {
      name: command,
      model: 'plugins',
      description: `${powerVerbs[verb].description}: a VM by its id or name`,
      params: [required(user), id, name],
      driver: async (context) => {
        const { host } = service
        const vm = await chosenVm(host, context.params, findCall(context))
        if (powerVerbs[verb].takesDown) await assertUnprotected(host, vm, context)
        return vmDriver(host.power, vm.id)
      },
    }),
  )
}

/** Result: `{"Id", "Name", "Destroyed": true}`. The VM's machine stays. */
export function destroyVm(service: Service): Action {
  return defineAction({
    name: 'destroyVm',
    model: 'plugins',
    description: 'Delete a VM that this plugin made, with its disks',
    params: [required(user), id, name, powerProtected, powerDryRun],
    async run(context) {
      const { host } = service
      const { params, signal } = context
      const vm = await chosenVm(host, params, findCall(context))
      await host.maker.checkOurs(vm, findCall(context))
      assertNotProtected(params, 'destroyVm', `VM ${vm.name}`)
      await assertUnprotected(host, vm, context)
      if (params['power/dry-run'])
        return { DryRun: true, Command: 'destroyVm', Target: vm.id, Mode: host.hypervisor.name }
      await host.removal.destroy(vm.id, { signal, timeoutMs: VM_MS })
      return { Id: vm.id, Name: vm.name, Destroyed: true }
    },
  })
}

/** Throws TARGET_PROTECTED where any machine that stands for the VM is protected. */
async function assertUnprotected(
  { machines }: VmHost,
  { id, name }: Vm,
  { command, signal }: Pick<ActionContext, 'command' | 'signal'>,
): Promise<void> {
  const paramsOf = (uuid: string) => machines.params(uuid, signal)
  await assertNoneProtected(await machines.ofVm(id, signal), paramsOf, command, `VM ${name}`)
}
