import { createHash, randomUUID } from 'node:crypto'
import { type Action, defineAction, PowerbusError, powerDryRun, powerRequestId, required } from '@powerbus/plugin-sdk'
import { deviceSpec } from '../creation/device-spec.ts'
import type { Means } from '../creation/means.ts'
import { planCreation } from '../creation/plan-creation.ts'
import { apiKey, deviceName, facility, metro, plan, projectId } from '../params.ts'
import type { Creation, Progress } from '../records/records.ts'
import type { Service } from '../service.ts'
import { assertConfiguredKey } from './own-cloud.ts'
import { untilOver } from './until-over.ts'

/** The device's own time to become usable, and some to undo it where it does not. */
const TIMEOUT_MS = 20 * 60_000

export interface CreateVmResult {
  /** Of the machine. */
  readonly Uuid: string
  readonly Name: string
  readonly DeviceId: string
  readonly ElapsedMs: number
  /** What happened, in its order. */
  readonly Progress: readonly Progress[]
}

/** Makes a device, and a machine for it when it is usable. */
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
      assertConfiguredKey(running, params['packet/api-key'])
      running.assertEndpoint()
      const id = idOf(params['power/request-id'], means.plugin)
      const spec = deviceSpec(params, { ...means, name: `packet-${id.slice(0, 8)}` })
      if (params['power/dry-run']) return dryRun(means, spec)
      const planned = { id, origin: 'action', name: spec.hostname, spec } as const
      await planCreation(planned, means)
      worker.wake('creation', id)
      const text = `The creation ${id} of device ${spec.hostname} goes on`
      const { clock } = means
      return await untilOver(() => outcome(id, means), clock, signal, text)
    },
  })
}

/** The same request makes the same machine. */
function idOf(requestId: string | undefined, plugin: string): string {
  if (requestId === undefined) return randomUUID()
  const hex = createHash('sha256')
    .update(JSON.stringify(['createVm', plugin, requestId]))
    .digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Undefined while it goes on; throws what it failed with, when its device is gone again or handed over. */
async function outcome(id: string, { records }: Means): Promise<CreateVmResult | undefined> {
  const creation = await records.get('creation', id)
  if (!creation)
    throw new PowerbusError('OBJECT_UNKNOWN', `The creation ${id} is over and forgotten: its machine was deleted`)
  const { deviceId = '', name: Name, progress: Progress, plannedAtMs, endedAtMs = plannedAtMs } = creation
  if (creation.phase === 'done')
    return { Uuid: id, Name, DeviceId: deviceId, ElapsedMs: endedAtMs - plannedAtMs, Progress }
  if (creation.phase !== 'failed') return undefined
  const deletion = await records.get('deletion', deviceId)
  if (deletion && deletion.handedOverAtMs === undefined) return undefined
  throw failureOf(creation, deletion !== undefined)
}

function failureOf({ failure, deviceId, goneTimes }: Creation, isThere: boolean): PowerbusError {
  const { code = 'INTERNAL', message = 'failed' } = failure ?? {}
  const isDeleted = deviceId !== undefined && goneTimes === undefined
  const device = isThere
    ? `; device ${deviceId} is still there and costs money: its deletion is tried on`
    : isDeleted
      ? `; device ${deviceId} was deleted again, and the API says that it is gone`
      : '; there is no device'
  return new PowerbusError(code, `${message}${device}`)
}

function dryRun({ cloud }: Means, spec: ReturnType<typeof deviceSpec>) {
  const Send = `${cloud.describe('create', spec.projectId)} ${JSON.stringify(spec)}`
  const Steps = [
    { When: 'no device has its tag', Send },
    { When: 'it is usable', Send: 'a machine is made' },
  ]
  return { DryRun: true, Command: 'createVm', Target: cloud.key, Mode: cloud.name, Steps }
}
