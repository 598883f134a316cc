import type { Machine } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Project } from '../cloud/cloud.ts'
import type { Device } from '../cloud/device.ts'
import { longCall, type StepMeans } from '../creation/means.ts'
import { deviceClouds } from '../journal/device-clouds.ts'
import { deviceOf } from '../machine/device-machine.ts'
import { fillIn } from './fill-in.ts'
import { importDevices } from './import-devices.ts'
import { lookAfterLeftovers } from './leftovers.ts'
import { type Candidate, findMissing } from './missing.ts'
import { pruneMachines } from './prune.ts'
import { noteSightings } from './sightings.ts'
import { findStrays } from './strays.ts'

export interface SurveyOptions {
  readonly projects: readonly Project[]
  readonly importExisting: boolean
  readonly prune: boolean
}

export interface SurveyResult {
  readonly devices: number
  /** False: nothing was concluded from what was not listed. */
  readonly complete: boolean
  readonly machines: number
  /** Of these, those whose device is at another address than packet/api-url: nothing is concluded about them. */
  readonly elsewhere: number
  readonly imported: number
  readonly missing: number
  readonly pruned: number
  /** Devices that could not be imported, and why. */
  readonly problems: readonly string[]
}

const nothingImported = { imported: 0, problems: [] }

/**
 * One pass over all devices and machines: imports what has no machine, tells machines what was not known before, and marks machines whose device is gone. What a listing lacks is no more than a reason to ask
 * for that one device.
 */
export async function survey(means: StepMeans, options: SurveyOptions): Promise<SurveyResult> {
  const { machines, plugin, cloud, journal, call, held } = means
  const listed = await listDevices(means, options.projects)
  const mine = await machines.ofPlugin(plugin, call())
  held.assertHeld()
  const { imported, problems } = options.importExisting ? await importDevices(listed.devices, means) : nothingImported
  await fillIn(mine, listed.devices, means)
  const clouds = await deviceClouds(journal)
  const withDevice = withDeviceId(mine)
  await noteSightings(withDevice, listed.devices, clouds, means)
  const listedIds = new Set(listed.devices.map(({ id }) => id))
  const isHere = ({ deviceId }: Candidate) =>
    listedIds.has(deviceId) || (clouds.get(deviceId) ?? cloud.key) === cloud.key
  const here = withDevice.filter(isHere)
  const isDoubtful = (one: Candidate) => isMarked(one) || (listed.complete && !listedIds.has(one.deviceId))
  const missing = await findMissing(here.filter(isDoubtful), means)
  const pruned = options.prune ? await pruneMachines(missing, mine.length, means) : 0
  await findStrays(listed.devices, means)
  await lookAfterLeftovers(means)
  const { devices, complete } = listed
  const found = { devices: devices.length, complete, machines: mine.length, elsewhere: withDevice.length - here.length }
  return { ...found, imported, missing: missing.length, pruned, problems }
}

async function listDevices({ cloud, call }: StepMeans, projects: readonly Project[]) {
  const devices: Device[] = []
  let complete = true
  for (const { id: projectId } of projects) {
    try {
      const listing = await cloud.list({ projectId }, longCall(call()))
      devices.push(...listing.items)
      complete &&= listing.complete
    } catch (error) {
      if (!(error instanceof PowerbusError)) throw error
      complete = false
    }
  }
  return { devices, complete }
}

function withDeviceId(mine: readonly Machine[]): readonly Candidate[] {
  return mine.flatMap((machine) => {
    const deviceId = deviceOf(machine)
    return deviceId === undefined ? [] : [{ machine, deviceId }]
  })
}

function isMarked({ machine }: Candidate): boolean {
  return machine.Params['packet/missing'] !== undefined
}
