import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Creation } from '../records/records.ts'
import type { Pause, StepMeans } from './means.ts'
import { planDeletion } from './plan-deletion.ts'
import { ended, saved } from './progress.ts'

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
  const isWanted = creation.origin === 'action' || (await hasProblem(creation, message, means))
  const phase = isWanted ? 'failed' : 'cancelled'
  const text = `${message}${isThere ? `; device ${deviceId} is being deleted` : ''}`
  await ended({ ...creation, phase }, phase, text, means)
  return 'over'
}

/** Sets packet/problem. False if the machine is gone. */
async function hasProblem({ id }: Creation, text: string, { machines, call }: StepMeans): Promise<boolean> {
  const machine = await machines.get(id, call())
  if (machine === 'gone') return false
  await machines.update(machine, { ...machine, Params: { ...machine.Params, 'packet/problem': text } }, call())
  return true
}

/** Failure of a creation whose machine was deleted. */
export function machineGone({ name }: Creation): PowerbusError {
  return new PowerbusError('OBJECT_UNKNOWN', `Machine ${name} was deleted while its device was being made`)
}
