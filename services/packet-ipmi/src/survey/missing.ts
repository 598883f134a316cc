import type { Machine } from '@powerbus/drp'
import type { StepMeans } from '../creation/means.ts'
import { setParam } from '../machine/machines.ts'
import type { Missing } from '../records/records.ts'
import { oneByOne, type SurveyMeans } from './one-by-one.ts'

/** A machine whose device was not listed. */
export interface Candidate {
  readonly machine: Machine
  readonly deviceId: string
}

/** A machine whose device is gone by the API's own "not found", with the times of these answers. */
export interface MissingMachine extends Candidate {
  readonly evidence: Missing
}

/** Most times that are kept: the first one and the last ones. */
const SEEN_MAX = 10

/**
 * Asks the cloud for each device. Marks machines whose device is gone with packet/missing; removes the mark and the
 * evidence of machines whose device is there.
 */
export async function findMissing(
  candidates: readonly Candidate[],
  means: SurveyMeans,
): Promise<readonly MissingMachine[]> {
  const missing: MissingMachine[] = []
  const nameOf = ({ machine, deviceId }: Candidate) => `machine ${machine.Name} with device ${deviceId}`
  // A missing answer is no evidence; the next pass asks again.
  await oneByOne(candidates, nameOf, means, async (candidate) => {
    const device = await means.cloud.get(candidate.deviceId, means.call)
    if (device === 'gone') missing.push(await seenGone(candidate, means))
    else await seenThere(candidate, means)
  })
  return missing
}

/** Forgets the evidence of machines that are gone or belong to another plugin now. */
export async function forgetMissing(mine: readonly Machine[], { records }: StepMeans): Promise<void> {
  const known = new Set(mine.map(({ Uuid }) => Uuid))
  for (const { machine } of await records.all('missing'))
    if (!known.has(machine.Uuid)) await records.remove('missing', machine.Uuid)
}

/** Reports and records the evidence first, since the endpoint may refuse to mark a locked machine. */
async function seenGone({ machine, deviceId }: Candidate, means: StepMeans): Promise<MissingMachine> {
  const { records, cloud, clock, tell } = means
  const name = { Uuid: machine.Uuid, Name: machine.Name }
  const nowMs = clock.dateMs()
  const isMarked = machine.Params['packet/missing'] !== undefined
  const before = await records.get('missing', machine.Uuid)
  const isSame = before?.deviceId === deviceId && before.cloud === cloud.key
  const seen = isSame ? before.seenAtMs.filter((atMs) => atMs <= nowMs) : []
  const first = seen.slice(0, 1)
  const seenAtMs = [...first, ...seen.slice(1).slice(2 - SEEN_MAX), nowMs]
  const evidence = { machine: name, deviceId, cloud: cloud.key, seenAtMs }
  if (!isMarked && !isSame) {
    const text = `device ${deviceId} of machine ${machine.Name} is gone: the API answered "not found"`
    await tell({ action: 'missing', text, machine, deviceId })
  }
  await records.put('missing', machine.Uuid, evidence)
  if (!isMarked) await setParam(machine.Uuid, 'packet/missing', new Date(nowMs).toISOString(), means)
  return { machine, deviceId, evidence }
}

async function seenThere({ machine, deviceId }: Candidate, means: StepMeans): Promise<void> {
  await means.records.put('device', deviceId, { deviceId, cloud: means.cloud.key })
  await means.records.remove('missing', machine.Uuid)
  await means.records.remove('pruned', machine.Uuid)
  if (machine.Params['packet/missing'] === undefined) return
  await setParam(machine.Uuid, 'packet/missing', undefined, means)
  const text = `device ${deviceId} of machine ${machine.Name} is there again`
  await means.tell({ action: 'found', text, machine, deviceId })
}
