import { type Call, PowerbusError, type PublishContext } from '@powerbus/plugin-sdk'
import { planFor, retire } from '../creation/creation-record.ts'
import type { Means } from '../creation/means.ts'
import { deviceOf } from '../machine/device-machine.ts'
import type { Creation } from '../records/records.ts'
import type { Running } from '../running.ts'
import { leave } from '../survey/leftovers.ts'

const CALL_MS = 20_000

/**
 * Handles events that the plugin missed: machines without a device get one. A device whose machine is gone is reported
 * as left over, and NOT deleted: the endpoint may be the wrong one, or restored from a backup.
 */
export async function catchUp({ means, worker }: Running, { signal }: Pick<PublishContext, 'signal'>): Promise<void> {
  const { machines, records, plugin } = means
  const call = { signal, timeoutMs: CALL_MS }
  const mine = await machines.ofPlugin(plugin, call)
  for (const machine of mine) {
    if (deviceOf(machine) !== undefined) continue
    await planFor(machine, means, call)
    worker.wake('creation', machine.Uuid)
  }
  const known = new Set(mine.map(({ Uuid }) => Uuid))
  for (const creation of await records.all('creation'))
    if (!known.has(creation.id)) await withoutMachine(creation, means, call)
}

/** Retires a creation whose machine the endpoint does not list, or reports its device as left over. */
async function withoutMachine(creation: Creation, means: Means, call: Call): Promise<void> {
  const { machines, records } = means
  const { id, name, phase, origin, deviceId, isRetired } = creation
  const isFailure = phase === 'failed' && origin === 'machine'
  if ((phase !== 'done' && !isFailure) || isRetired || (await machines.get(id, call)) !== 'gone') return
  if (isFailure) return retire(creation, means)
  if (deviceId === undefined || (await records.get('deletion', deviceId))) return
  if ((await machines.ofDevice(deviceId, call)).length > 0) return
  const cloud = (await records.cloudOf(deviceId, id)) ?? creation.cloud
  if (cloud === means.cloud.key && (await isGone(deviceId, means, call))) return retire(creation, means)
  const reason = `its machine ${name} was deleted while the plugin was not running`
  await leave({ deviceId, cloud, reason, machine: { Uuid: id, Name: name } }, means)
}

/** False also if the cloud does not answer; the survey asks again. */
async function isGone(deviceId: string, { cloud }: Means, call: Call): Promise<boolean> {
  try {
    return (await cloud.get(deviceId, call)) === 'gone'
  } catch (error) {
    if (!(error instanceof PowerbusError) || call.signal.aborted) throw error
    return false
  }
}
