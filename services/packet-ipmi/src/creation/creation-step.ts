import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'
import { deviceOf } from '../machine/device-machine.ts'
import { isOfPlugin } from '../machine/machines.ts'
import { type Creation, type CreationPhase, isOver, tagOf } from '../records/records.ts'
import { reached, saved } from './creation-record.ts'
import { deviceSpec } from './device-spec.ts'
import { recordingStep, waitingStep } from './device-step.ts'
import { endInFailure, machineGone, undoingStep } from './failure.ts'
import type { Pause, StepMeans } from './means.ts'
import { tagged } from './tagged.ts'

/** Listings without a device that permit a second create after a lost answer. */
const EMPTY_LOOKS = 3
/** A wall clock that is behind a recorded time by more than this was set back, so the recorded time is void. */
const CLOCK_SLACK_MS = 60_000

/**
 * The next step of a creation, by its record. A process may die anywhere in it: each fact is recorded before the act
 * that needs it, and the next process goes on from the record. Throws a PowerbusError if the step failed; the worker
 * repeats it after a pause.
 */
export async function creationStep(creation: Creation, means: StepMeans): Promise<Pause> {
  if (!isOver(creation) && creation.cloud !== means.cloud.key)
    throw new PowerbusError(
      'TARGET_STATE',
      `The creation of ${creation.name} began at ${creation.cloud}, but packet/api-url is ${means.cloud.key}: configure the old address to finish it`,
    )
  switch (creation.phase) {
    case 'planned':
      return plannedStep(creation, means)
    case 'sending':
      return lostStep(creation, means)
    case 'waiting':
      return waitingStep(creation, means)
    case 'recording':
      return recordingStep(creation, means)
    case 'undoing':
      return undoingStep(creation, means)
    case 'done':
    case 'failed':
    case 'cancelled':
      return 'over'
  }
}

async function plannedStep(creation: Creation, means: StepMeans): Promise<Pause> {
  const { machines, cloud, records, held, call } = means
  const machine = creation.origin === 'machine' ? await machines.get(creation.id, call) : undefined
  const forget = () => records.remove('creation', creation.id, { fence: held.fence })
  const present = machine === 'gone' ? undefined : machine
  const told = present && deviceOf(present)
  if (told !== undefined) {
    await records.add('device', told, { deviceId: told, cloud: cloud.key })
    await forget()
    return 'over'
  }
  const { spec } = creation
  if (!spec) {
    if (machine === 'gone' || (present && !(await isOfPlugin(present, means)))) {
      await forget()
      return 'over'
    }
    const specified = await specify(creation, means)
    if (specified) await saved(specified, means)
    return specified ? 0 : 'over'
  }
  const former = await formerDevice(creation, means)
  const [device] = former ? [former] : await tagged(creation, creation.sends > 0, means)
  if (device) return adopt(creation, device, 'it already had the tag', means)
  const reason = await whyUnwanted(creation, means)
  return reason ? endInFailure(creation, reason, means) : send({ ...creation, spec }, means)
}

/** Asks the endpoint just before a create is sent, since an event may be old or forged, and the machine changed. */
async function whyUnwanted(creation: Creation, means: StepMeans): Promise<PowerbusError | undefined> {
  if (creation.origin !== 'machine') return undefined
  const machine = await means.machines.get(creation.id, means.call)
  if (machine === 'gone') return machineGone(creation)
  if (await isOfPlugin(machine, means)) return undefined
  const text = `machine-plugin of machine ${creation.name} does not name ${means.plugin} any more: no device was made`
  return new PowerbusError('TARGET_STATE', text)
}

/** The device of the earlier machine with this Uuid, if it exists and is not to be deleted. */
async function formerDevice({ formerDeviceId }: Creation, means: StepMeans): Promise<Device | undefined> {
  const { cloud, records, call } = means
  if (formerDeviceId === undefined || (await records.get('deletion', formerDeviceId))) return undefined
  const device = await cloud.get(formerDeviceId, call)
  return device === 'gone' ? undefined : device
}

/** Undefined if the params describe no device: then the creation has failed. */
async function specify(creation: Creation, means: StepMeans): Promise<Creation | undefined> {
  const raw = await means.machines.params(creation.id, means.call)
  try {
    return { ...creation, spec: deviceSpec(raw, { ...means, name: creation.name }) }
  } catch (error) {
    if (!(error instanceof PowerbusError)) throw error
    await endInFailure(creation, error, means)
    return undefined
  }
}

/** Refusals that a repeat would meet again. No device was made. */
const final: ReadonlySet<string> = new Set(['TARGET_STATE', 'OBJECT_UNKNOWN', 'PARAM_INVALID'])
/** Failures after which there certainly is no device, and the same request may succeed later. */
const passing: ReadonlySet<string> = new Set(['TARGET_BUSY', 'TARGET_UNREACHABLE', 'TARGET_TIMEOUT', 'AUTH_FAILED'])

async function send(creation: Creation & Required<Pick<Creation, 'spec'>>, means: StepMeans): Promise<Pause> {
  const { cloud, clock, held, call } = means
  const sends = creation.sends + 1
  const sending = { ...creation, phase: 'sending', sends, sentAtMs: clock.dateMs(), emptyLooks: 0 } as const
  const text = `the create of device ${creation.spec.hostname} is sent to the ${cloud.name} API`
  const written = await reached(sending, 'sending', text, means)
  held.assertHeld()
  let device: Device
  try {
    device = await cloud.create(creation.spec, tagOf(creation.id), call)
  } catch (error) {
    if (!(error instanceof PowerbusError)) throw error
    if (final.has(error.code)) return endInFailure({ ...written, sends: creation.sends }, error, means)
    if (passing.has(error.code)) await saved({ ...written, phase: 'planned', sends: creation.sends }, means)
    throw error
  }
  return adopt(written, device, 'it was made', means)
}

/**
 * Searches the device of a create whose answer was lost. Each search without a device counts as a failure: the pauses
 * grow, also before the next create, and `stuck` reports it when it lasts.
 */
async function lostStep(creation: Creation, means: StepMeans): Promise<Pause> {
  const { clock, times } = means
  const { sentAtMs = 0 } = creation
  const [device] = await tagged(creation, true, means)
  if (device) return adopt(creation, device, 'its answer was lost, and its tag found it', means)
  const nowMs = clock.dateMs()
  if (nowMs < sentAtMs - CLOCK_SLACK_MS) {
    await saved({ ...creation, sentAtMs: nowMs, emptyLooks: 0 }, means)
    throw notFound(creation)
  }
  const emptyLooks = creation.emptyLooks + 1
  const isSettled = emptyLooks >= EMPTY_LOOKS && nowMs - sentAtMs >= times.settleMs
  const phase: CreationPhase = isSettled ? 'planned' : 'sending'
  await saved({ ...creation, emptyLooks, phase }, means)
  throw notFound(creation)
}

function notFound({ name, sends }: Creation): PowerbusError {
  return new PowerbusError(
    'OUTCOME_UNKNOWN',
    `${sends} creates for ${name} were sent, the last answer was lost, and no device has its tag yet. The plugin searches on, and sends the create again once there certainly is no device`,
  )
}

async function adopt(creation: Creation, device: Device, how: string, means: StepMeans): Promise<Pause> {
  const deviceAtMs = creation.deviceAtMs ?? means.clock.dateMs()
  const waiting = { ...creation, phase: 'waiting', deviceId: device.id, deviceAtMs } as const
  await reached(waiting, 'waiting', `device ${device.id}: ${how}`, means)
  return 0
}
