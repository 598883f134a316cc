import { DecodeError, decodeMachine, type Machine } from '@powerbus/drp'
import {
  type Call,
  type EventSelection,
  type PluginEvent,
  type PublishContext,
  wasProtected,
} from '@powerbus/plugin-sdk'
import { planFor, retire } from '../creation/creation-record.ts'
import { planDeletion } from '../creation/deletion-step.ts'
import { deviceOf } from '../machine/device-machine.ts'
import type { Running } from '../running.ts'
import type { Service } from '../service.ts'
import { leave } from '../survey/leftovers.ts'
import { catchUp } from './catch-up.ts'

const CALL_MS = 20_000

/**
 * Makes a device for each new machine whose param machine-plugin names this plugin, and deletes it with the machine.
 */
export function machineEvents(service: Service): EventSelection {
  return {
    patterns: ['machines.create.*', 'machines.delete.*'],
    /** Resolves once the work is recorded, without waiting for the device. */
    async handle(event, context) {
      const running = service.running()
      running.assertEndpoint()
      const machine = machineOf(event, context)
      if (!machine) return
      const call = { signal: context.signal, timeoutMs: CALL_MS }
      if (event.Action === 'create') await created(machine, running, call)
      else if (event.Action === 'delete') await deleted(machine, running, call)
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
  if (!(await isOurs(machine, running, call))) return
  const deviceId = deviceOf(machine)
  if (deviceId !== undefined) {
    const { records, cloud } = running.means
    const isKnown = (await records.cloudOf(deviceId, machine.Uuid)) !== undefined
    if (!isKnown) await records.add('device', deviceId, { deviceId, cloud: cloud.key })
    return
  }
  await planFor(machine, running.means, call)
  running.worker.wake('creation', machine.Uuid)
}

async function isOurs({ Uuid, Params, Profiles }: Machine, { means }: Running, call: Call): Promise<boolean> {
  const own = Params['machine-plugin']
  if (own !== undefined) return own === means.plugin
  if (Profiles.length === 0) return false
  if ((await means.machines.get(Uuid, call)) === 'gone') return false
  return (await means.machines.params(Uuid, call))['machine-plugin'] === means.plugin
}

async function deleted(machine: Machine, running: Running, call: Call): Promise<void> {
  const { means, worker } = running
  const creation = await means.records.get('creation', machine.Uuid)
  if (machine.Params['machine-plugin'] !== means.plugin && !creation) return
  // A creation under way finds its machine gone and undoes itself.
  worker.wake('creation', machine.Uuid)
  const made = creation?.phase === 'done' ? creation.deviceId : undefined
  const pruned = await means.records.get('pruned', machine.Uuid)
  const devices = new Set([deviceOf(machine), made].filter((id) => id !== undefined))
  // The pruned device was gone; if it comes back, the survey reports it.
  if (pruned) devices.delete(pruned.deviceId)
  for (const deviceId of devices) await release(deviceId, machine, running, call)
  if (creation?.phase === 'failed') await retire(creation, means)
  await means.records.remove('missing', machine.Uuid)
}

/**
 * Plans the deletion of a deleted machine's device. Reports it instead if another machine has it too, or if
 * power/protected was true: the machine's own value counts, else that of its profiles at the endpoint.
 */
async function release(deviceId: string, machine: Machine, { means, worker }: Running, call: Call) {
  const { records, machines, tell } = means
  const name = { Uuid: machine.Uuid, Name: machine.Name }
  const others = await machines.ofDevice(deviceId, call)
  const other = others.find(({ Uuid }) => Uuid !== machine.Uuid)
  const cloud = (await records.cloudOf(deviceId, machine.Uuid)) ?? means.cloud.key
  const record = { deviceId, cloud, machine: name }
  if (other) {
    const text = `device ${deviceId} of the deleted machine ${machine.Name} stays: machine ${other.Name} has it too`
    await tell({ action: 'kept', text, machine, deviceId })
    return
  }
  const profileParams = (profile: string) => machines.profileParams(profile, call)
  if (await wasProtected(machine, profileParams)) {
    await leave({ ...record, reason: `its machine ${machine.Name} was deleted while power/protected was true` }, means)
    return
  }
  await planDeletion({ ...record, reason: `machine ${machine.Name} was deleted` }, means)
  worker.wake('deletion', deviceId)
}
