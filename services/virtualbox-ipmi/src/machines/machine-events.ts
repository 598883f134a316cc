import type { EventSelection, PluginEvent, PublishContext } from '@powerbus/plugin-sdk'
import type { Service } from '../service.ts'
import { eventMachine } from './vm-machines.ts'

/**
 * A machine whose `machine-plugin` is this plugin's name gets a VM when it is made, and loses it when it is deleted. An event may come twice, late,
 * or after another one about the same machine: what the endpoint has now decides.
 */
export function machineEvents(service: Service): EventSelection {
  return {
    patterns: ['machines.create.*', 'machines.delete.*'],

    async handle(event: PluginEvent, { signal }: PublishContext): Promise<void> {
      const { host } = service
      const machine = eventMachine(event.Object)
      if (!machine || !host.machines.isOwn(machine)) return
      const present = await host.machines.get(machine.Uuid, signal)
      if (present && event.Action === 'create' && host.machines.isOwn(present)) await host.ensure(present, signal, true)
      if (!present && event.Action === 'delete') await host.release(machine, signal)
    },

    /** VMs are made for machines that have none; none is destroyed because its machine is not in a list. */
    async catchUp({ signal }: PublishContext): Promise<void> {
      await service.host.bringTogether(false, signal)
    },
  }
}
