import type { PowerbusError } from '@powerbus/plugin-sdk'
import type { Creation } from '../journal/records.ts'
import type { Pause, StepMeans } from './means.ts'
import { ended } from './progress.ts'

/**
 * Ends a creation. A device that it made is written down for deletion before anything else; the machine is told why it has none.
 */
export async function endInFailure(creation: Creation, error: PowerbusError, means: StepMeans): Promise<Pause> {
  const { deviceId } = creation
  const isThere = deviceId !== undefined && creation.goneTimes === undefined
  if (isThere) {
    const machine = { Uuid: creation.id, Name: creation.name }
    const deletion = { deviceId, cloud: creation.cloud, reason: error.message, machine, sinceMs: means.clock.dateMs() }
    await means.journal.add('deletion', deviceId, deletion)
  }
  await tellMachine(creation, error.message, means)
  const failed = { ...creation, phase: 'failed', failure: { code: error.code, message: error.message } } as const
  await ended(failed, 'failed', `${error.message}${isThere ? `; device ${deviceId} is being deleted` : ''}`, means)
  return 'over'
}

async function tellMachine({ id, origin }: Creation, text: string, { machines, call }: StepMeans): Promise<void> {
  if (origin !== 'machine') return
  const machine = await machines.get(id, call())
  if (machine === 'gone') return
  await machines.update(machine, { ...machine, Params: { ...machine.Params, 'packet/problem': text } }, call())
}
