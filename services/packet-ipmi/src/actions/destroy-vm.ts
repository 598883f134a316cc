import {
  type Action,
  assertNotProtected,
  defineAction,
  PowerbusError,
  powerDryRun,
  powerProtected,
  required,
} from '@powerbus/plugin-sdk'
import type { Means } from '../creation/means.ts'
import { apiKey, uuid } from '../params.ts'
import type { Service } from '../service.ts'
import { deviceIdOf } from './machine-power.ts'
import { assertConfiguredKey } from './own-cloud.ts'
import { assertUnprotected } from './unprotected.ts'
import { untilOver } from './until-over.ts'

const TIMEOUT_MS = 10 * 60_000
const READ_MS = 30_000

export interface DestroyVmResult {
  readonly DeviceId: string
  /** The API itself said that it is gone. */
  readonly Deleted: true
  readonly ElapsedMs: number
}

/** Deletes a device, and waits until the API says that it is gone. Its machine, if it has one, stays. */
export function destroyVmAction(service: Service): Action {
  return defineAction({
    name: 'destroyVm',
    model: 'plugins',
    description: 'Delete the device packet/uuid, and wait until it is gone',
    params: [required(apiKey), uuid, powerProtected, powerDryRun],
    timeoutMs: () => TIMEOUT_MS,
    run: async (context) => {
      const { params, signal } = context
      const running = service.running()
      const { means, worker } = running
      const deviceId = deviceIdOf(params)
      assertConfiguredKey(running, params['packet/api-key'])
      const { cloud, records, clock } = means
      assertNotProtected(params, 'destroyVm', `device ${deviceId}`)
      if (params['power/dry-run']) {
        const Steps = [{ When: 'the device is there', Send: cloud.describe('delete', deviceId) }]
        return { DryRun: true, Command: 'destroyVm', Target: cloud.key, Mode: cloud.name, Steps }
      }
      await assertUnprotected(service, deviceId, context)
      await assertThere(deviceId, means, signal)
      const startedMs = clock.dateMs()
      await records.add('deletion', deviceId, { deviceId, cloud: cloud.key, reason: 'destroyVm', sinceMs: startedMs })
      worker.wake('deletion', deviceId)
      await untilOver(
        () => isGone(deviceId, startedMs, means),
        clock,
        signal,
        `The deletion of device ${deviceId} goes on`,
      )
      const result: DestroyVmResult = { DeviceId: deviceId, Deleted: true, ElapsedMs: clock.dateMs() - startedMs }
      return result
    },
  })
}

/** Nobody is told that a device is deleted which the cloud never had: the one that was meant goes on, and costs money. */
async function assertThere(deviceId: string, { cloud, records }: Means, signal: AbortSignal): Promise<void> {
  if (await records.get('deletion', deviceId)) return
  if ((await cloud.get(deviceId, { signal, timeoutMs: READ_MS })) !== 'gone') return
  throw new PowerbusError('OBJECT_UNKNOWN', `The cloud has no device ${deviceId}, or not any more: nothing was deleted`)
}

/** Undefined while it goes on. Throws TARGET_STATE where it does not come about for now. */
async function isGone(deviceId: string, startedMs: number, { records }: Means): Promise<true | undefined> {
  const deletion = await records.get('deletion', deviceId)
  if (!deletion) return true
  const { handedOverAtMs } = deletion
  if (handedOverAtMs === undefined || handedOverAtMs < startedMs) return undefined
  throw new PowerbusError(
    'TARGET_STATE',
    `Device ${deviceId} is still there: the cloud does not delete it. It is tried on; the plugin's log and events say why`,
  )
}
