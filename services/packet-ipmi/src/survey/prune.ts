import type { StepMeans } from '../creation/means.ts'
import type { Missing } from '../journal/records.ts'
import type { Times } from '../times.ts'
import type { MissingMachine } from './missing.ts'

/** Most machines that one pass may delete, of so many. */
export function pruneLimit(machines: number): number {
  return Math.max(1, Math.floor(machines * 0.02))
}

/** Whether it was said often enough, over long enough, that the device is gone. */
export function isGoneForGood(
  { seenAtMs }: Missing,
  { goneTimes, goneMs }: Pick<Times, 'goneTimes' | 'goneMs'>,
): boolean {
  const [first = 0] = seenAtMs
  const last = seenAtMs.at(-1) ?? 0
  return seenAtMs.length >= goneTimes && last - first >= goneMs
}

/** Deletes machines whose device is gone for good, a few at a time. A device that is asked for just before, and is there, saves its machine. */
export async function pruneMachines(
  missing: readonly MissingMachine[],
  machinesOfPlugin: number,
  means: StepMeans,
): Promise<number> {
  const { cloud, machines, journal, times, held, tell, call } = means
  const forGood = missing.filter(({ evidence }) => isGoneForGood(evidence, times))
  let pruned = 0
  for (const { machine, deviceId } of forGood.slice(0, pruneLimit(machinesOfPlugin))) {
    const now = await machines.get(machine.Uuid, call())
    if (now === 'gone' || now.Params['packet/uuid'] !== deviceId) continue
    if ((await cloud.get(deviceId, call())) !== 'gone') continue
    held.assertHeld()
    const name = { Uuid: machine.Uuid, Name: machine.Name }
    const text = `machine ${machine.Name} is deleted: its device ${deviceId} is gone for good`
    await tell({ action: 'pruned', key: machine.Uuid, text, machine: name, deviceId })
    await machines.remove(machine.Uuid, call())
    await journal.remove('missing', machine.Uuid)
    pruned++
  }
  return pruned
}
