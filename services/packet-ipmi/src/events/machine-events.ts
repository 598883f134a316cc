import { DecodeError, decodeMachine, type Machine } from '@powerbus/drp'
import {
  type Call,
  type EventSelection,
  type PluginEvent,
  PowerbusError,
  type PublishContext,
  powerProtected,
} from '@powerbus/plugin-sdk'
import { planCreation, planFor, retire } from '../creation/creation-record.ts'
import type { Means } from '../creation/means.ts'
import { deviceOf } from '../machine/device-machine.ts'
import { isOfPlugin } from '../machine/machines.ts'
import type { Running } from '../running.ts'
import type { Service } from '../service.ts'
import { leave } from '../survey/leftovers.ts'
import { catchUp } from './catch-up.ts'
import { release } from './release.ts'

const CALL_MS = 20_000

/**
 * Makes a device for each new machine whose param machine-plugin names this plugin, and deletes it with the machine. An
 * event says where to look; the endpoint and the cloud say what is so.
 */
export function machineEvents(service: Service): EventSelection {
  return {
    patterns: ['machines.create.*', 'machines.delete.*'],
    /** Resolves once the work is recorded, without waiting for the device. */
    async handle(event, context) {
      const running = service.running()
      const machine = machineOf(event, context)
      if (!machine) return
      const call = { signal: context.signal, timeoutMs: CALL_MS }
      if (event.Action === 'delete') await deleted(machine, running, call)
      if (event.Action !== 'create') return
      running.assertEndpoint()
      await created(machine, running, call)
    },
    catchUp: (context) => catchUp(service.running(), context),
  }
}

function machineOf(event: PluginEvent, { log }: PublishContext): Machine | undefined {
  if (event.Type !== 'machines') return undefined
  try {
    const machine = decodeMachine(event.Object)
    return machine.Uuid === '' ? undefined : machine
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    log.warn('an event without a valid machine is ignored', { key: event.Key, reason: error.message })
    return undefined
  }
}

async function created(machine: Machine, running: Running, call: Call): Promise<void> {
  const { means, worker } = running
  const { machines, records, cloud, plugin } = means
  const present = await machines.get(machine.Uuid, call).catch(async (error: unknown) => {
    const isToldOurs = machine.Params['machine-plugin'] === plugin && deviceOf(machine) === undefined
    if (!(error instanceof PowerbusError) || call.signal.aborted || !isToldOurs) throw error
    return undefined
  })
  if (present === 'gone') return
  if (present === undefined) {
    // The worker asks the endpoint until it answers, before anything is made.
    await planCreation({ id: machine.Uuid, origin: 'machine', name: machine.Name }, means)
    return worker.wake('creation', machine.Uuid)
  }
  if (!(await isOfPlugin(present, { machines, plugin, call }))) return
  const deviceId = deviceOf(present)
  if (deviceId !== undefined) {
    const isKnown = (await records.cloudOf(deviceId, present.Uuid)) !== undefined
    if (!isKnown) await records.add('device', deviceId, { deviceId, cloud: cloud.key })
    return
  }
  await planFor(present, means, call)
  worker.wake('creation', present.Uuid)
}

async function deleted(machine: Machine, { means, worker }: Running, call: Call): Promise<void> {
  const { records, plugin } = means
  const creation = await records.get('creation', machine.Uuid)
  if (machine.Params['machine-plugin'] !== plugin && !creation) return
  const made = creation?.phase === 'done' ? creation.deviceId : undefined
  const devices = new Set([deviceOf(machine), made].filter((id) => id !== undefined))
  // The pruned device was gone; if it comes back, the survey reports it.
  const pruned = await records.get('pruned', machine.Uuid)
  if (pruned) devices.delete(pruned.deviceId)
  // A creation under way finds its machine gone and undoes itself. One that has told the machine of its device may be over
  // by then, so that device is released here too.
  worker.wake('creation', machine.Uuid)
  if (!(await isGone(machine, devices, means, call))) return
  for (const deviceId of devices) if (await release(deviceId, machine, means, call)) worker.wake('deletion', deviceId)
  if (creation?.phase === 'failed') await retire(creation, means)
  await records.remove('missing', machine.Uuid)
}

/**
 * Whether the endpoint itself says that the machine is gone. An event may be late, repeated or forged. Without an
 * answer the devices are reported, the survey asks again, and the failure is thrown.
 */
async function isGone(machine: Machine, devices: Iterable<string>, means: Means, call: Call): Promise<boolean> {
  const { machines, records, cloud, log } = means
  const { Uuid, Name, Params, Profiles } = machine
  try {
    if ((await machines.get(Uuid, call)) === 'gone') return true
    log.info('a machine that an event calls deleted exists, so nothing is deleted', { machine: Name })
    return false
  } catch (error) {
    if (!(error instanceof PowerbusError) || call.signal.aborted) throw error
    const reason = `an event says that its machine ${Name} was deleted, and the endpoint does not confirm it (${error.message}); the plugin asks again`
    const own = Params[powerProtected.name]
    const unconfirmed = { Params: own === undefined ? {} : { [powerProtected.name]: own }, Profiles }
    for (const deviceId of devices) {
      const known = await records.cloudOf(deviceId, Uuid)
      await leave({ deviceId, cloud: known ?? cloud.key, reason, machine: { Uuid, Name }, unconfirmed }, means)
    }
    throw error
  }
}
