import type { Machine } from '@powerbus/drp'
import type { Call } from '@powerbus/plugin-sdk'
import { deviceOf } from '../machine/device-machine.ts'
import { type Creation, isOver } from '../records/records.ts'
import type { ReportAction } from '../report.ts'
import type { Means, StepMeans } from './means.ts'

type Planned = Pick<Creation, 'id' | 'origin' | 'name' | 'spec' | 'formerDeviceId'>
const TEXT = 'a device will be made'
/** Number of progress entries that a record keeps, newest last. */
const PROGRESS_KEPT = 20
const FAILURE_KEPT_MS = 24 * 60 * 60_000
/** Longest delay of a device after its create, for creates whose answer was lost. */
const LATE_DEVICE_MS = 7 * 24 * 60 * 60_000

/**
 * Records and reports a creation, in place of `former` or if there is no record of it. False if there is another one.
 * Once recorded, it survives restarts.
 */
export async function planCreation(planned: Planned, means: Means, former?: Creation): Promise<boolean> {
  const { records, cloud, clock, tell } = means
  const empty = { phase: 'planned', sends: 0, emptyLooks: 0, progress: [] } as const
  const unplanned = { ...planned, ...empty, cloud: cloud.key, plannedAtMs: clock.dateMs() }
  const creation = withProgress(unplanned, 'planned', TEXT, means)
  const isNew = former
    ? await records.replace('creation', planned.id, former, creation)
    : await records.add('creation', planned.id, creation)
  if (isNew) await tell(reportOf(creation, 'planned', TEXT))
  return isNew
}

/**
 * Plans a device for a machine that has none. The record of an earlier machine with the same Uuid is replaced, unless
 * its creation failed: then the machine's packet/problem says why.
 */
export async function planFor({ Uuid, Name }: Machine, means: Means, call: Call): Promise<void> {
  const { records, cloud, machines } = means
  const planned = { id: Uuid, origin: 'machine', name: Name } as const
  if (await planCreation(planned, means)) return
  const former = await records.get('creation', Uuid)
  if (!former || !isOver(former) || former.phase === 'failed' || former.cloud !== cloud.key) return
  // The event may be old: read the machine as it is now.
  const machine = await machines.get(Uuid, call)
  if (machine === 'gone' || deviceOf(machine) !== undefined) return
  await planCreation({ ...planned, ...(former.deviceId && { formerDeviceId: former.deviceId }) }, means, former)
}

export async function saved(creation: Creation, { records, held }: StepMeans): Promise<void> {
  await records.put('creation', creation.id, creation, { fence: held.fence })
}

/** Records the creation with a progress entry, and reports it. */
export async function reached(
  creation: Creation,
  action: ReportAction,
  text: string,
  means: StepMeans,
): Promise<Creation> {
  const next = withProgress(creation, action, text, means)
  await saved(next, means)
  await means.tell(reportOf(next, action, text))
  return next
}

/**
 * Reports and records the end of a creation, in this order, so that it is reported at least once. The record of a
 * failed machine stays, or the next start would make a device for the machine. Records of other failures expire after a
 * day, or when no device can come of them any more.
 */
export async function ended(
  creation: Creation,
  action: 'ready' | 'failed' | 'cancelled',
  text: string,
  means: StepMeans,
): Promise<void> {
  const { records, held, clock, tell } = means
  await tell(reportOf(creation, action, text))
  const end = { ...withProgress(creation, action, text, means), endedAtMs: clock.dateMs() }
  const isKept = creation.phase === 'done' || (creation.phase === 'failed' && creation.origin === 'machine')
  const keptMs = mayHaveMore(creation) ? LATE_DEVICE_MS : FAILURE_KEPT_MS
  await records.put('creation', creation.id, end, { fence: held.fence, ...(!isKept && { ttlMs: keptMs }) })
}

function withProgress(creation: Creation, phase: string, text: string, { clock }: Means): Creation {
  const moment = { At: new Date(clock.dateMs()).toISOString(), Phase: phase, Text: text }
  return { ...creation, progress: [...creation.progress, moment].slice(-PROGRESS_KEPT) }
}

function reportOf({ id, name, deviceId }: Creation, action: ReportAction, text: string) {
  return { action, text: `${name}: ${text}`, machine: { Uuid: id, Name: name }, deviceId }
}

/** Whether a create whose answer was lost may still make a device. */
function mayHaveMore({ sends, deviceId }: Pick<Creation, 'sends' | 'deviceId'>): boolean {
  return sends > (deviceId === undefined ? 0 : 1)
}

/**
 * Forgets a creation that is over and whose machine is gone. If it may still make a device, the record stays for
 * LATE_DEVICE_MS, so that the survey knows the device by its tag.
 */
export async function retire(creation: Creation, { records }: Pick<Means, 'records'>): Promise<void> {
  const { id, phase, isRetired } = creation
  if (!isOver(creation) || isRetired) return
  if (!mayHaveMore(creation)) return void (await records.replace('creation', id, creation, undefined))
  const retired = { ...creation, phase: phase === 'failed' ? 'cancelled' : phase, isRetired: true } as const
  await records.replace('creation', id, creation, retired, { ttlMs: LATE_DEVICE_MS })
}
