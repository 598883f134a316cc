import { createHash, randomUUID } from 'node:crypto'
import {
  type Action,
  assertNotProtected,
  type Clock,
  type DryRun,
  defineAction,
  PowerbusError,
  powerDryRun,
  powerProtected,
  powerRequestId,
  required,
} from '@powerbus/plugin-sdk'
import { pause } from '@powerbus/turns'
import { planCreation } from '../creation/creation-record.ts'
import { planDeletion } from '../creation/deletion-step.ts'
import { deviceSpec } from '../creation/device-spec.ts'
import type { Means } from '../creation/means.ts'
import { apiKey, deviceName, facility, metro, plan, projectId, uuid } from '../params.ts'
import type { Creation, Progress } from '../records/records.ts'
import type { Service } from '../service.ts'
import { deviceIdOf } from './power-actions.ts'

/** `readyMs`, and time to delete a device that is not usable by then. */
const CREATE_MS = 20 * 60_000

export interface CreateVmResult {
  /** Uuid of the machine. */
  readonly Uuid: string
  readonly Name: string
  readonly DeviceId: string
  readonly ElapsedMs: number
  /** Steps of the creation, oldest first. */
  readonly Progress: readonly Progress[]
}

/** Makes a device, waits until it is usable, and makes a machine for it. */
export function createVmAction(service: Service): Action {
  return defineAction({
    name: 'createVm',
    model: 'plugins',
    description: 'Make a device in the cloud, wait for it, and make a machine for it',
    params: [required(apiKey), deviceName, facility, metro, plan, projectId, powerDryRun, powerRequestId],
    timeoutMs: () => CREATE_MS,
    run: async ({ params, signal }) => {
      const running = service.running()
      const { means, worker } = running
      running.assertConfiguredKey(params['packet/api-key'])
      running.assertEndpoint()
      const id = idOf(params['power/request-id'], means.plugin)
      const spec = deviceSpec(params, { ...means, name: `packet-${id.slice(0, 8)}` })
      if (params['power/dry-run'])
        return dryRun('createVm', means, [
          {
            When: 'no device has the tag of this creation',
            Send: `${means.cloud.describe('create', spec.projectId)} ${JSON.stringify(spec)}`,
          },
          { When: 'the device is usable', Send: 'the machine is made at the endpoint' },
        ])
      const planned = { id, origin: 'action', name: spec.hostname, spec } as const
      await planCreation(planned, means)
      worker.wake('creation', id)
      const text = `Creation ${id} of device ${spec.hostname} goes on`
      return await untilOver(() => outcome(id, means), means.clock, signal, text)
    },
  })
}

/**
 * Uuid of the machine: derived from the request id if there is one, so that a repeated request makes no second machine.
 */
function idOf(requestId: string | undefined, plugin: string): string {
  if (requestId === undefined) return randomUUID()
  const hex = createHash('sha256')
    .update(JSON.stringify(['createVm', plugin, requestId]))
    .digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/**
 * Undefined while the creation goes on. Throws its failure once its device is deleted, or the deletion is handed over.
 */
async function outcome(id: string, { records }: Means): Promise<CreateVmResult | undefined> {
  const creation = await records.get('creation', id)
  if (!creation)
    throw new PowerbusError(
      'OBJECT_UNKNOWN',
      `Creation ${id} has no record any more: its machine was deleted meanwhile`,
    )
  const { deviceId = '', name: Name, progress: Progress, plannedAtMs, endedAtMs = plannedAtMs } = creation
  if (creation.phase === 'done')
    return { Uuid: id, Name, DeviceId: deviceId, ElapsedMs: endedAtMs - plannedAtMs, Progress }
  if (creation.phase !== 'failed') return undefined
  const deletion = await records.get('deletion', deviceId)
  if (deletion && deletion.handedOverAtMs === undefined) return undefined
  throw failureOf(creation, deletion !== undefined)
}

function failureOf({ failure, deviceId, goneTimes }: Creation, isKept: boolean): PowerbusError {
  const { code = 'INTERNAL', message = 'failed' } = failure ?? {}
  const isDeleted = deviceId !== undefined && goneTimes === undefined
  const device = isKept
    ? `; device ${deviceId} still exists and costs money, and the plugin retries its deletion`
    : isDeleted
      ? `; device ${deviceId} was deleted, and the API confirmed it`
      : '; no device exists'
  return new PowerbusError(code, `${message}${device}`)
}

const DESTROY_MS = 10 * 60_000
const READ_MS = 30_000

export interface DestroyVmResult {
  readonly DeviceId: string
  /** The API itself answered "not found". */
  readonly Deleted: true
  readonly ElapsedMs: number
}

/** Deletes a device and waits until the API says that it is gone. Its machine stays. */
export function destroyVmAction(service: Service): Action {
  return defineAction({
    name: 'destroyVm',
    model: 'plugins',
    description: 'Delete the device packet/uuid, and wait until it is gone',
    params: [required(apiKey), uuid, powerProtected, powerDryRun],
    timeoutMs: () => DESTROY_MS,
    run: async (context): Promise<DestroyVmResult | DryRun> => {
      const { params, signal } = context
      const running = service.running()
      const { means, worker } = running
      const deviceId = deviceIdOf(params)
      running.assertConfiguredKey(params['packet/api-key'])
      const { cloud, clock } = means
      assertNotProtected(params, 'destroyVm', `device ${deviceId}`)
      if (params['power/dry-run'])
        return dryRun('destroyVm', means, [{ When: 'the device exists', Send: cloud.describe('delete', deviceId) }])
      await running.assertUnprotected(deviceId, context)
      await assertThere(deviceId, means, signal)
      const startedMs = clock.dateMs()
      await planDeletion({ deviceId, cloud: cloud.key, reason: 'destroyVm' }, means)
      worker.wake('deletion', deviceId)
      const text = `The deletion of device ${deviceId} goes on`
      await untilOver(() => isGone(deviceId, startedMs, means), clock, signal, text)
      return { DeviceId: deviceId, Deleted: true, ElapsedMs: clock.dateMs() - startedMs }
    },
  })
}

/**
 * Throws OBJECT_UNKNOWN if the cloud has no such device: after a typing error the meant device would go on to cost
 * money.
 */
async function assertThere(deviceId: string, { cloud, records }: Means, signal: AbortSignal): Promise<void> {
  if (await records.get('deletion', deviceId)) return
  if ((await cloud.get(deviceId, { signal, timeoutMs: READ_MS })) !== 'gone') return
  throw new PowerbusError(
    'OBJECT_UNKNOWN',
    `The cloud has no device ${deviceId}: nothing was deleted; check packet/uuid`,
  )
}

/** Undefined while the deletion goes on. Throws TARGET_STATE if it was handed over since `startedMs`. */
async function isGone(deviceId: string, startedMs: number, { records }: Means): Promise<true | undefined> {
  const deletion = await records.get('deletion', deviceId)
  if (!deletion) return true
  const { handedOverAtMs } = deletion
  if (handedOverAtMs === undefined || handedOverAtMs < startedMs) return undefined
  throw new PowerbusError(
    'TARGET_STATE',
    `Device ${deviceId} still exists: the cloud does not delete it. The plugin retries; its log and events say why`,
  )
}

function dryRun(Command: string, { cloud }: Means, Steps: DryRun['Steps']): DryRun {
  return { DryRun: true, Command, Target: cloud.key, Mode: cloud.name, Steps }
}

const POLL_MS = 500

/** Polls `look` until it gives a value. Throws DEADLINE_EXCEEDED on abort; `goesOn` says which work continues. */
async function untilOver<T>(
  look: () => Promise<T | undefined>,
  clock: Clock,
  signal: AbortSignal,
  goesOn: string,
): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await pause(POLL_MS, signal, clock)
    if (signal.aborted)
      throw new PowerbusError(
        'DEADLINE_EXCEEDED',
        `${goesOn} in the background, but the action's time is over: see /plugin-apis/NAME/status for its outcome`,
        { cause: signal.reason },
      )
  }
}
