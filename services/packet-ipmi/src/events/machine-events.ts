import { DecodeError, decodeMachine, type Machine } from '@powerbus/drp'
import { type EventSelection, type PluginEvent, type PublishContext, wasProtected } from '@powerbus/plugin-sdk'
import { planFor } from '../creation/plan-for.ts'
import { retire } from '../creation/retire.ts'
import { deviceOf } from '../machine/device-machine.ts'
import { deviceCloud } from '../records/device-clouds.ts'
import type { Running } from '../running.ts'
import type { Service } from '../service.ts'
import { leave } from '../survey/leftovers.ts'
import { catchUp } from './catch-up.ts'

const CALL_MS = 20_000

/** A machine whose param machine-plugin is this plugin's name gets a device when it is made, and loses it when it is deleted. */
export function machineEvents(service: Service): EventSelection {
  return {
    patterns: ['machines.create.*', 'machines.delete.*'],
    /** Ends as soon as what is to be done is written down. */
    async handle(event, context) {
      const running = service.running()
      running.assertEndpoint()
      const machine = machineOf(event, context)
      if (!machine) return
      if (event.Action === 'create') await created(machine, running, context)
      else if (event.Action === 'delete') await deleted(machine, running, context)
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
    log.warn('an event without a machine is passed over', { key: event.Key, reason: error.message })
    return undefined
  }
}

async function created(machine: Machine, running: Running, context: PublishContext): Promise<void> {
  if (!(await isOurs(machine, running, context))) return
  const deviceId = deviceOf(machine)
  if (deviceId !== undefined) {
    const { records, cloud } = running.means
    const isKnown = (await deviceCloud(deviceId, machine.Uuid, records)) !== undefined
    if (!isKnown) await records.add('device', deviceId, { deviceId, cloud: cloud.key })
    return
  }
  await planFor(machine, running.means, { signal: context.signal, timeoutMs: CALL_MS })
  running.worker.wake('creation', machine.Uuid)
}

async function isOurs(
  { Uuid, Params, Profiles }: Machine,
  { means }: Running,
  { signal }: PublishContext,
): Promise<boolean> {
  const own = Params['machine-plugin']
  if (own !== undefined) return own === means.plugin
  if (Profiles.length === 0) return false
  const call = { signal, timeoutMs: CALL_MS }
  // A machine that is gone meanwhile wants no device.
  if ((await means.machines.get(Uuid, call)) === 'gone') return false
  return (await means.machines.params(Uuid, call))['machine-plugin'] === means.plugin
}

async function deleted(machine: Machine, running: Running, context: PublishContext): Promise<void> {
  const { means, worker } = running
  const creation = await means.records.get('creation', machine.Uuid)
  if (machine.Params['machine-plugin'] !== means.plugin && !creation) return
  // One that is under way finds that its machine is gone, and undoes what it has done.
  worker.wake('creation', machine.Uuid)
  const made = creation?.phase === 'done' ? creation.deviceId : undefined
  const pruned = await means.records.get('pruned', machine.Uuid)
  const devices = new Set([deviceOf(machine), made].filter((id) => id !== undefined))
  // That one was gone; should it be there again, the survey tells of it.
  if (pruned) devices.delete(pruned.deviceId)
  for (const deviceId of devices) await release(deviceId, machine, running, context)
  if (creation?.phase === 'failed') await retire(creation, means)
  await means.records.remove('missing', machine.Uuid)
}

/** A device that another machine has too is that one's; one of a protected machine is not taken down without being asked for by its id. */
async function release(deviceId: string, machine: Machine, { means, worker }: Running, context: PublishContext) {
  const { records, machines, clock, tell } = means
  const { signal } = context
  const name = { Uuid: machine.Uuid, Name: machine.Name }
  const others = await machines.ofDevice(deviceId, { signal, timeoutMs: CALL_MS })
  const other = others.find(({ Uuid }) => Uuid !== machine.Uuid)
  const cloud = (await deviceCloud(deviceId, machine.Uuid, records)) ?? means.cloud.key
  const record = { deviceId, cloud, machine: name, sinceMs: clock.dateMs() }
  if (other) {
    const text = `device ${deviceId} of the deleted machine ${machine.Name} stays: machine ${other.Name} has it too`
    await tell({ action: 'kept', text, machine, deviceId })
    return
  }
  const profileParams = (profile: string) => machines.profileParams(profile, { signal, timeoutMs: CALL_MS })
  if (await wasProtected(machine, profileParams)) {
    await leave({ ...record, reason: `its machine ${machine.Name} was deleted while power/protected was true` }, means)
    return
  }
  await records.add('deletion', deviceId, { ...record, reason: `machine ${machine.Name} was deleted` })
  worker.wake('deletion', deviceId)
}
