import { DecodeError, decodeMachine, type Machine } from '@powerbus/drp'
import type { EventSelection, PluginEvent, PublishContext } from '@powerbus/plugin-sdk'
import type { Service } from '../service.ts'

/**
 * A machine whose `machine-plugin` is this plugin's name gets a VM when it is made, and loses it when it is deleted. An event may come twice, late,
 * or after another one about the same machine: what the endpoint has now decides.
 */
export function machineEvents(service: Service): EventSelection {
  return {
    patterns: ['machines.create.*', 'machines.delete.*'],

    async handle(event: PluginEvent, { signal }: PublishContext): Promise<void> {
      const { host } = service
      const machine = machineOf(event)
      if (!machine || !host.machines.isOwn(machine)) return
      const present = await host.machines.get(machine.Uuid, signal)
      if (present && event.Action === 'create' && host.machines.isOwn(present))
        await host.pairs.ensure(present, signal, true)
      if (!present && event.Action === 'delete') await host.pairs.release(machine, signal)
    },

    /** VMs are made for machines that have none. None is destroyed because its machine is not in a list, but for those of `destroyStrays`. */
    async catchUp({ signal }: PublishContext): Promise<void> {
      await service.host.bringTogether(false, signal)
    },
  }
}

/** Undefined where the event is about no machine. */
function machineOf(event: PluginEvent): Machine | undefined {
  try {
    const machine = decodeMachine(event.Object)
    return machine.Uuid === '' ? undefined : machine
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
