import type { Machine } from '@powerbus/drp'
import type { StepMeans } from '../creation/means.ts'
import type { Missing } from '../records/records.ts'
import { oneByOne, type SurveyMeans } from './one-by-one.ts'

/** A machine whose device was not listed. */
export interface Candidate {
  readonly machine: Machine
  readonly deviceId: string
}

/** A machine whose device is gone by its own "not found", and all the times that was said. */
export interface MissingMachine extends Candidate {
  readonly evidence: Missing
}

/** Of many seen times the first and the last ones count. */
const SEEN_MAX = 10

/** Asks for each device by itself. A machine whose device is gone is marked with packet/missing; one whose device is there again loses the mark and all evidence. */
export async function findMissing(
  candidates: readonly Candidate[],
  means: SurveyMeans,
): Promise<readonly MissingMachine[]> {
  const missing: MissingMachine[] = []
  const nameOf = ({ machine, deviceId }: Candidate) => `machine ${machine.Name} with device ${deviceId}`
  // Asked again in the next pass: an answer that did not come is no evidence.
  await oneByOne(candidates, nameOf, means, async (candidate) => {
    const device = await means.cloud.get(candidate.deviceId, means.call())
    if (device === 'gone') missing.push(await seenGone(candidate, means))
    else await seenThere(candidate, means)
  })
  return missing
}

/** Evidence for machines that there are no more, or that are another plugin's now, is forgotten. */
export async function forgetMissing(mine: readonly Machine[], { records }: StepMeans): Promise<void> {
  const known = new Set(mine.map(({ Uuid }) => Uuid))
  for (const { machine } of await records.all('missing'))
    if (!known.has(machine.Uuid)) await records.remove('missing', machine.Uuid)
}

/** Told and written down before the machine is marked: the endpoint may refuse that for one that is locked. */
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
    const text = `the device ${deviceId} of machine ${machine.Name} is gone: the API says so`
    await tell({ action: 'missing', text, machine, deviceId })
  }
  await records.put('missing', machine.Uuid, evidence)
  if (!isMarked) await changeParam(machine, new Date(nowMs).toISOString(), means)
  return { machine, deviceId, evidence }
}

async function seenThere({ machine, deviceId }: Candidate, means: StepMeans): Promise<void> {
  await means.records.put('device', deviceId, { deviceId, cloud: means.cloud.key })
  await means.records.remove('missing', machine.Uuid)
  await means.records.remove('pruned', machine.Uuid)
  if (machine.Params['packet/missing'] === undefined) return
  await changeParam(machine, undefined, means)
  const text = `the device ${deviceId} of machine ${machine.Name} is there again`
  await means.tell({ action: 'found', text, machine, deviceId })
}

async function changeParam({ Uuid }: Machine, value: string | undefined, { machines, call }: StepMeans): Promise<void> {
  const machine = await machines.get(Uuid, call())
  if (machine === 'gone') return
  const { 'packet/missing': _, ...others } = machine.Params
  const Params = value === undefined ? others : { ...others, 'packet/missing': value }
  await machines.update(machine, { ...machine, Params }, call())
}
