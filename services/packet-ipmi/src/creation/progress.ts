import type { Creation } from '../records/records.ts'
import type { ReportAction } from '../report.ts'
import type { StepMeans } from './means.ts'
import { LATE_DEVICE_MS, mayHaveMore } from './retire.ts'

/** Number of progress entries that a record keeps, newest last. */
const KEPT = 20
const FAILURE_KEPT_MS = 24 * 60 * 60_000

export async function saved(creation: Creation, { records, held }: StepMeans): Promise<void> {
  await records.put('creation', creation.id, creation, { held })
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
  await records.put('creation', creation.id, end, { held, ...(!isKept && { ttlMs: keptMs }) })
}

function withProgress(creation: Creation, phase: string, text: string, { clock }: StepMeans): Creation {
  const moment = { At: new Date(clock.dateMs()).toISOString(), Phase: phase, Text: text }
  return { ...creation, progress: [...creation.progress, moment].slice(-KEPT) }
}

function reportOf({ id, name, deviceId }: Creation, action: ReportAction, text: string) {
  return { action, text: `${name}: ${text}`, machine: { Uuid: id, Name: name }, deviceId }
}
