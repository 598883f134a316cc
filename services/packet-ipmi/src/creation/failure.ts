import { PowerbusError } from '@powerbus/plugin-sdk'
import { setParam } from '../machine/machines.ts'
import type { Creation } from '../records/records.ts'
import { ended, saved } from './creation-record.ts'
import { planDeletion } from './deletion-step.ts'
import type { Pause, StepMeans } from './means.ts'

/**
 * Ends a creation in failure. The failure is recorded first, so that no machine gets a device that is to be deleted,
 * even if the device becomes usable after all.
 */
export async function endInFailure(creation: Creation, error: PowerbusError, means: StepMeans): Promise<Pause> {
  const failure = { code: error.code, message: error.message }
  const undoing = { ...creation, phase: 'undoing', failure } as const
  await saved(undoing, means)
  return undoingStep(undoing, means)
}

/** Plans the deletion of the creation's device, once; then sets packet/problem on the machine. */
export async function undoingStep(creation: Creation, means: StepMeans): Promise<Pause> {
  const { id, name, cloud, deviceId, goneTimes, isUndone, failure } = creation
  const { message = 'failed' } = failure ?? {}
  const isThere = deviceId !== undefined && goneTimes === undefined
  if (isThere && !isUndone) {
    await planDeletion({ deviceId, cloud, reason: message, machine: { Uuid: id, Name: name } }, means)
    await saved({ ...creation, isUndone: true }, means)
  }
  const isWanted = creation.origin === 'action' || (await setParam(id, 'packet/problem', message, means))
  const phase = isWanted ? 'failed' : 'cancelled'
  const text = `${message}${isThere ? `; device ${deviceId} is being deleted` : ''}`
  await ended({ ...creation, phase }, phase, text, means)
  return 'over'
}

/** Failure of a creation whose machine was deleted. */
export function machineGone({ name }: Creation): PowerbusError {
  return new PowerbusError('OBJECT_UNKNOWN', `Machine ${name} was deleted while its device was being made`)
}
