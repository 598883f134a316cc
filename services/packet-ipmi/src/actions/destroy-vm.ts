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
import { planDeletion } from '../creation/plan-deletion.ts'
import { apiKey, uuid } from '../params.ts'
import type { Service } from '../service.ts'
import { deviceIdOf } from './power-actions.ts'
import { untilOver } from './until-over.ts'

const TIMEOUT_MS = 10 * 60_000
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
    timeoutMs: () => TIMEOUT_MS,
    run: async (context) => {
      const { params, signal } = context
      const running = service.running()
      const { means, worker } = running
      const deviceId = deviceIdOf(params)
      running.assertConfiguredKey(params['packet/api-key'])
      const { cloud, clock } = means
      assertNotProtected(params, 'destroyVm', `device ${deviceId}`)
      if (params['power/dry-run']) {
        const Steps = [{ When: 'the device exists', Send: cloud.describe('delete', deviceId) }]
        return { DryRun: true, Command: 'destroyVm', Target: cloud.key, Mode: cloud.name, Steps }
      }
      await running.assertUnprotected(deviceId, context)
      await assertThere(deviceId, means, signal)
      const startedMs = clock.dateMs()
      await planDeletion({ deviceId, cloud: cloud.key, reason: 'destroyVm' }, means)
      worker.wake('deletion', deviceId)
      const text = `The deletion of device ${deviceId} goes on`
      await untilOver(() => isGone(deviceId, startedMs, means), clock, signal, text)
      const result: DestroyVmResult = { DeviceId: deviceId, Deleted: true, ElapsedMs: clock.dateMs() - startedMs }
      return result
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
