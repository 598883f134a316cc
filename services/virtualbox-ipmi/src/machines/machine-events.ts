import { DecodeError, decodeMachine, type Machine } from '@powerbus/drp'
import type { EventSelection, PluginEvent, PublishContext } from '@powerbus/plugin-sdk'
import type { Service } from '../service.ts'

/**
 * Makes a VM when a machine of this plugin (by `machine-plugin`) is made, and destroys it when the machine is deleted.
 * Events may repeat and arrive late or out of order, so the machine as the endpoint has it now decides.
 */
export function machineEvents(service: Service): EventSelection {
  return {
    patterns: ['machines.create.*', 'machines.delete.*'],

    async handle(event: PluginEvent, { signal }: PublishContext): Promise<void> {
      const { host } = service
      const machine = machineOf(event)
      if (!machine || !host.machines.isOwn(machine)) return
      if (event.Action === 'delete') return await host.removal.heardDeleted(machine, signal)
      if (event.Action !== 'create') return
      const present = await host.machines.get(machine.Uuid, signal)
      if (!present || !host.machines.isOwn(present)) return
      await host.removal.heardCreated(present)
      await host.pairs.ensure(present, signal, true)
    },

    /** Makes missing VMs. A VM whose machine is not in the list stays, except for `destroyStrays`. */
    async catchUp({ signal }: PublishContext): Promise<void> {
      await service.host.bringTogether(false, signal)
    },
  }
}

/** Undefined for an event without a machine. */
function machineOf(event: PluginEvent): Machine | undefined {
  try {
    const machine = decodeMachine(event.Object)
    return machine.Uuid === '' ? undefined : machine
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
