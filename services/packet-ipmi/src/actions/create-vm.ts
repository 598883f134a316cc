import { createHash, randomUUID } from 'node:crypto'
import { type Action, defineAction, PowerbusError, powerDryRun, powerRequestId, required } from '@powerbus/plugin-sdk'
import { deviceSpec } from '../creation/device-spec.ts'
import type { Means } from '../creation/means.ts'
import { planCreation } from '../creation/plan-creation.ts'
import { apiKey, deviceName, facility, metro, plan, projectId } from '../params.ts'
import type { Creation, Progress } from '../records/records.ts'
import type { Service } from '../service.ts'
import { untilOver } from './until-over.ts'

/** `readyMs`, and time to delete a device that is not usable by then. */
const TIMEOUT_MS = 20 * 60_000

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
    timeoutMs: () => TIMEOUT_MS,
    run: async ({ params, signal }) => {
      const running = service.running()
      const { means, worker } = running
      running.assertConfiguredKey(params['packet/api-key'])
      running.assertEndpoint()
      const id = idOf(params['power/request-id'], means.plugin)
      const spec = deviceSpec(params, { ...means, name: `packet-${id.slice(0, 8)}` })
      if (params['power/dry-run']) return dryRun(means, spec)
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

function dryRun({ cloud }: Means, spec: ReturnType<typeof deviceSpec>) {
  const Send = `${cloud.describe('create', spec.projectId)} ${JSON.stringify(spec)}`
  const Steps = [
    { When: 'no device has the tag of this creation', Send },
    { When: 'the device is usable', Send: 'the machine is made at the endpoint' },
  ]
  return { DryRun: true, Command: 'createVm', Target: cloud.key, Mode: cloud.name, Steps }
}
