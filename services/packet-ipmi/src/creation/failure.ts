import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Creation } from '../records/records.ts'
import type { Pause, StepMeans } from './means.ts'
import { ended, saved } from './progress.ts'

/** Ends a creation. That it failed is written down before anything else: no machine is told of a device that is to be deleted, even if it becomes usable after all. */
export async function endInFailure(creation: Creation, error: PowerbusError, means: StepMeans): Promise<Pause> {
  const failure = { code: error.code, message: error.message }
  const undoing = { ...creation, phase: 'undoing', failure } as const
  await saved(undoing, means)
  return undoingStep(undoing, means)
}

/** A device that it made is written down for deletion, once; then the machine is told why it has none. */
export async function undoingStep(creation: Creation, means: StepMeans): Promise<Pause> {
  const { id, name, cloud, deviceId, goneTimes, isUndone, failure } = creation
  const { message = 'failed' } = failure ?? {}
  const isThere = deviceId !== undefined && goneTimes === undefined
  if (isThere && !isUndone) {
    const machine = { Uuid: id, Name: name }
    await means.records.add('deletion', deviceId, {
      deviceId,
      cloud,
      reason: message,
      machine,
      sinceMs: means.clock.dateMs(),
    })
    await saved({ ...creation, isUndone: true }, means)
  }
  const isWanted = creation.origin === 'action' || (await isTold(creation, message, means))
  const phase = isWanted ? 'failed' : 'cancelled'
  await ended(
    { ...creation, phase },
    phase,
    `${message}${isThere ? `; device ${deviceId} is being deleted` : ''}`,
    means,
  )
  return 'over'
}

/** False where there is no machine any more. */
async function isTold({ id }: Creation, text: string, { machines, call }: StepMeans): Promise<boolean> {
  const machine = await machines.get(id, call())
  if (machine === 'gone') return false
  await machines.update(machine, { ...machine, Params: { ...machine.Params, 'packet/problem': text } }, call())
  return true
}

/** What a creation fails with whose machine was deleted. */
export function machineGone({ name }: Creation): PowerbusError {
  return new PowerbusError('OBJECT_UNKNOWN', `Machine ${name} was deleted while its device was being made`)
}
