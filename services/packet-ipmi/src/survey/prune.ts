import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'
import { retire } from '../creation/creation-record.ts'
import type { StepMeans } from '../creation/means.ts'
import { deviceOf } from '../machine/device-machine.ts'
import type { MachineName, Missing, Pruned } from '../records/records.ts'
import type { Times } from '../times.ts'
import { leave } from './leftovers.ts'
import type { MissingMachine } from './missing.ts'
import { oneByOne, type SurveyMeans } from './one-by-one.ts'

/** Longest delay of the event that reports a machine's deletion. */
const PRUNED_KEPT_MS = 7 * 24 * 60 * 60_000

/** Most machines that one pass deletes: 2 % of all, at least 1. */
export function pruneLimit(machines: number): number {
  return Math.max(1, Math.floor(machines * 0.02))
}

/** Whether there were `goneTimes` "not found" answers over at least `goneMs`. */
export function isGoneForGood(
  { seenAtMs }: Missing,
  { goneTimes, goneMs }: Pick<Times, 'goneTimes' | 'goneMs'>,
): boolean {
  const [first = 0] = seenAtMs
  const last = seenAtMs.at(-1) ?? 0
  return seenAtMs.length >= goneTimes && last - first >= goneMs
}

/**
 * Deletes machines whose device is gone for good, at most `pruneLimit` of them. Asks the cloud for each device once
 * more just before. Returns the number of deleted machines.
 */
export async function pruneMachines(
  missing: readonly MissingMachine[],
  machinesOfPlugin: number,
  means: SurveyMeans,
): Promise<number> {
  const forGood = missing.filter(({ evidence }) => isGoneForGood(evidence, means.times))
  const limit = pruneLimit(machinesOfPlugin)
  let asked = 0
  let pruned = 0
  await oneByOne(forGood, nameOf, means, async (one) => {
    if (asked === limit || !(await isPrunable(one, means))) return
    asked++
    try {
      await pruneOne(one, means)
      pruned++
    } catch (error) {
      // The machine is locked and does not count against the limit.
      if (error instanceof PowerbusError && error.code === 'REQUEST_INVALID') asked--
      throw error
    }
  })
  return pruned
}

async function isPrunable({ machine, deviceId }: MissingMachine, { cloud, machines, call }: SurveyMeans) {
  const now = await machines.get(machine.Uuid, call)
  if (now === 'gone' || deviceOf(now) !== deviceId) return false
  return (await cloud.get(deviceId, call)) === 'gone'
}

/** Records `pruned` first: the event of the machine's deletion must not delete a device that is there again. */
async function pruneOne({ machine, deviceId }: MissingMachine, means: SurveyMeans): Promise<void> {
  const { cloud, machines, records, held, call } = means
  held.assertHeld()
  const name = { Uuid: machine.Uuid, Name: machine.Name }
  const projectId = machine.Params['packet/project-id']
  const isNamed = typeof projectId === 'string' && projectId !== ''
  const pruned = { machine: name, deviceId, cloud: cloud.key, ...(isNamed && { projectId }) }
  await records.put('pruned', machine.Uuid, pruned, { ttlMs: PRUNED_KEPT_MS })
  await machines.remove(machine.Uuid, call)
  await tellPruned(pruned, means)
}

/** Forgets the deleted machine, except that it was pruned, and reports it. */
async function tellPruned(pruned: Pruned, means: StepMeans): Promise<void> {
  const { records, tell } = means
  const { machine, deviceId } = pruned
  const creation = await records.get('creation', machine.Uuid)
  if (creation?.deviceId === deviceId) await retire(creation, means)
  await records.remove('missing', machine.Uuid)
  await records.remove('device', deviceId)
  const text = `machine ${machine.Name} was deleted: its device ${deviceId} is gone for good`
  await tell({ action: 'pruned', text, machine, deviceId })
  await records.put('pruned', machine.Uuid, { ...pruned, isTold: true }, { ttlMs: PRUNED_KEPT_MS })
}

/** Reports a device as left over if it is there again after its machine was pruned. */
export async function lookAfterPruned(
  pruned: readonly Pruned[],
  devices: readonly Device[],
  means: SurveyMeans,
): Promise<void> {
  const { machines, records, cloud, call } = means
  const there = new Set(devices.filter(({ state }) => state !== 'deleting').map(({ id }) => id))
  await oneByOne(pruned, nameOf, means, async (one) => {
    const { machine, deviceId, isTold } = one
    if (one.cloud !== cloud.key || (isTold && !there.has(deviceId))) return
    if ((await machines.get(machine.Uuid, call)) !== 'gone') return
    if (!isTold) await tellPruned(one, means)
    if (!there.has(deviceId) || (await records.get('deletion', deviceId))) return
    if ((await machines.ofDevice(deviceId, call)).length > 0) return
    const reason = `its machine ${machine.Name} was pruned after the API answered "not found", and the device is there again`
    await leave({ deviceId, cloud: cloud.key, reason, machine }, means)
  })
}

function nameOf({ machine }: { readonly machine: MachineName }): string {
  return `machine ${machine.Name}`
}
