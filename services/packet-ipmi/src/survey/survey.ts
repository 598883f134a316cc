import type { Device } from '../cloud/device.ts'
import type { StepMeans } from '../creation/means.ts'
import { deviceOf } from '../machine/device-machine.ts'
import { fillIn } from './fill-in.ts'
import { importDevices } from './import-devices.ts'
import { findStrays, lookAfterLeftovers } from './leftovers.ts'
import { listDevices } from './list-devices.ts'
import { type Candidate, findMissing, forgetMissing } from './missing.ts'
import type { SurveyMeans } from './one-by-one.ts'
import { lookAfterPruned, pruneMachines } from './prune.ts'
import { lookAfterUnconfirmed } from './unconfirmed.ts'

export interface SurveyOptions {
  readonly importExisting: boolean
  readonly prune: boolean
}

export interface SurveyResult {
  readonly devices: number
  /** False: devices that were not listed were not asked for. */
  readonly complete: boolean
  readonly machines: number
  /** Machines of these whose device is at another address than packet/api-url; the survey leaves them alone. */
  readonly elsewhere: number
  readonly imported: number
  readonly missing: number
  readonly pruned: number
  /** Failures of single devices and machines, at most 20 and a count of the others. */
  readonly problems: readonly string[]
}

/**
 * One pass over all devices and machines: imports devices, completes machines, marks and prunes machines whose device
 * is gone, and reports leftovers. A device that a listing lacks is asked for by its id before anything is concluded.
 */
export async function survey(stepMeans: StepMeans, options: SurveyOptions): Promise<SurveyResult> {
  const means: SurveyMeans = { ...stepMeans, problems: [] }
  const { machines, plugin, cloud, records, call, held, problems } = means
  const pruned = await records.all('pruned')
  const { devices, complete, others } = await listDevices(pruned, means)
  const mine = await machines.ofPlugin(plugin, call)
  held.assertHeld()
  const imported = options.importExisting ? await importDevices(devices, means) : 0
  const all = [...devices, ...others]
  await fillIn(mine, all, means)
  const clouds = await records.clouds()
  const withDevice = mine.flatMap((machine): readonly Candidate[] => {
    const deviceId = deviceOf(machine)
    return deviceId === undefined ? [] : [{ machine, deviceId }]
  })
  await noteSightings(withDevice, all, clouds, means)
  const listed = new Set(all.map(({ id }) => id))
  const isHere = ({ deviceId }: Candidate) => listed.has(deviceId) || (clouds.get(deviceId) ?? cloud.key) === cloud.key
  const here = withDevice.filter(isHere)
  const isDoubtful = ({ machine, deviceId }: Candidate) =>
    machine.Params['packet/missing'] !== undefined || (complete && !listed.has(deviceId))
  await forgetMissing(mine, means)
  const missing = await findMissing(here.filter(isDoubtful), means)
  const prunedNow = options.prune ? await pruneMachines(missing, mine.length, means) : 0
  await findStrays(all, means)
  await lookAfterPruned(pruned, all, means)
  await lookAfterUnconfirmed(means)
  await lookAfterLeftovers(means)
  const found = { devices: all.length, complete, machines: mine.length, elsewhere: withDevice.length - here.length }
  return { ...found, imported, missing: missing.length, pruned: prunedNow, problems: shortened(problems) }
}

/** Most problems in a SurveyResult. */
const PROBLEMS = 20

function shortened(problems: readonly string[]): readonly string[] {
  const more = problems.length - PROBLEMS
  return more > 0 ? [...problems.slice(0, PROBLEMS), `and ${more} more`] : problems
}

/**
 * Records that the listed devices of machines are at this cloud. Forgets devices of this cloud that are neither listed
 * nor any machine's; records of other clouds stay.
 */
async function noteSightings(
  candidates: readonly Candidate[],
  devices: readonly Device[],
  clouds: ReadonlyMap<string, string>,
  { records, cloud, held }: StepMeans,
): Promise<void> {
  const listed = new Set(devices.map(({ id }) => id))
  const owned = new Set(candidates.map(({ deviceId }) => deviceId))
  for (const deviceId of owned) {
    if (!listed.has(deviceId) || clouds.get(deviceId) === cloud.key) continue
    held.assertHeld()
    await records.put('device', deviceId, { deviceId, cloud: cloud.key })
  }
  for (const known of await records.all('device')) {
    const isUsed = owned.has(known.deviceId) || listed.has(known.deviceId)
    if (!isUsed && known.cloud === cloud.key) await records.remove('device', known.deviceId)
  }
}
