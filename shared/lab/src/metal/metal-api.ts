import { randomBytes, randomUUID } from 'node:crypto'
import { type DeviceAction, MetalCloud, type MetalCloudState, type MetalProject } from './metal-cloud.ts'
import type { MetalCounts } from './metal-counts.ts'
import {
  type DeviceFate,
  type DeviceOrder,
  type DeviceState,
  defaultSettings,
  type MetalDevice,
  type MetalTimes,
} from './metal-device.ts'
import { MetalFaults } from './metal-faults.ts'
import { BASE_PATH } from './metal-paging.ts'
import { addMetalRoutes } from './metal-routes.ts'
import { metalStateKeeper, readMetalState } from './metal-state-file.ts'

export interface MetalApiOptions {
  /** Port on 127.0.0.1; default: the stored port if it is free, else any free port. */
  readonly port?: number
  /** Default: the stored key, or a random one. */
  readonly apiKey?: string
  /** Default: the stored projects, or one project `lab`. */
  readonly projects?: readonly MetalProject[]
  /** Folder that stores the devices between runs; default: they are not stored. */
  readonly folder?: string
  readonly times?: Partial<MetalTimes>
  /** Most items of a page, whatever the request says; default 1000. */
  readonly perPageMost?: number
  /** Milliseconds since 1970; default: the system's clock. */
  readonly nowMs?: () => number
}

/** An emulated cloud with a Metal API, and operations outside the API for tests and demonstrations. */
export interface MetalApi {
  /** URL of the API, for the param packet/api-url. */
  readonly url: string
  readonly apiKey: string
  readonly projects: readonly MetalProject[]
  readonly faults: MetalFaults
  readonly counts: MetalCounts
  /** Existing devices, newest first. */
  devices(projectId?: string): readonly MetalDevice[]
  stateOf(device: MetalDevice): DeviceState
  /** Billed seconds, summed over all devices, deleted ones included. */
  billedSeconds(): number
  /** Sets the fates of the next created devices; default `good`. */
  destine(...fates: readonly DeviceFate[]): void
  /** Creates a device without an API call. */
  addDevice(
    order?: Partial<Omit<DeviceOrder, 'settings'>> & { readonly hostname?: string; readonly tags?: readonly string[] },
  ): Promise<MetalDevice>
  /** Removes a device at once, as if another client had deleted it. */
  removeDevice(id: string): Promise<void>
  /** Performs an action without an API call. Returns undefined if accepted, else the reason of the refusal. */
  act(id: string, action: DeviceAction): string | undefined
  close(): Promise<void>
}

/**
 * Starts an emulated cloud on 127.0.0.1. It checks each request by the shapes of the API's last public description: an
 * unknown or missing field or a wrong type gives 422. Rejects with the system's error if the port is taken or the
 * folder cannot be used.
 */
export async function startMetalApi(options: MetalApiOptions = {}): Promise<MetalApi> {
  const { folder, nowMs = Date.now, times = {} } = options
  const kept = folder === undefined ? undefined : await readMetalState(folder)
  const cloud = new MetalCloud({ state: stateOf(options, kept), times, nowMs })
  const faults = new MetalFaults()
  let port = options.port ?? kept?.port ?? 0
  const keep = folder === undefined ? async () => undefined : metalStateKeeper(folder, () => ({ ...cloud.state, port }))
  const { fastify } = await import('fastify')
  const server = fastify({
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
  })
  addMetalRoutes(server, { cloud, faults, nowMs, keep, perPageMost: options.perPageMost ?? 1000 })
  const listen = (wanted: number) => server.listen({ host: '127.0.0.1', port: wanted })
  const address = await listen(port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || options.port !== undefined) throw error
    return listen(0)
  })
  port = Number(new URL(address).port)
  await keep()

  return {
    url: `${address}${BASE_PATH}`,
    apiKey: cloud.state.apiKey,
    projects: cloud.projects,
    faults,
    counts: cloud.counts,
    devices: (projectId) => cloud.devices(projectId),
    stateOf: (device) => cloud.stateOf(device),
    billedSeconds: () => cloud.billedSeconds(),
    destine: (...fates) => cloud.destine(...fates),
    async addDevice({ hostname = 'stray', tags = [], ...order } = {}) {
      const projectId = cloud.projects[0]?.id ?? ''
      const place = { projectId, plan: 'baremetal_0', facility: 'ewr1', metro: 'ewr', operatingSystem: 'custom_ipxe' }
      const device = cloud.create({
        ...place,
        ...order,
        settings: { ...defaultSettings, always_pxe: true, hostname, tags },
      })
      await keep()
      return device
    },
    async removeDevice(id) {
      const device = cloud.device(id)
      if (device) cloud.remove(device)
      await keep()
    },
    act: (id, action) => {
      const device = cloud.device(id)
      return device ? cloud.act(device, action) : 'Not found'
    },
    async close() {
      faults.clear()
      await server.close()
      await keep()
    },
  }
}

function stateOf({ apiKey, projects }: MetalApiOptions, kept: MetalCloudState | undefined): MetalCloudState {
  return {
    apiKey: apiKey ?? kept?.apiKey ?? randomBytes(24).toString('base64url'),
    projects: projects ?? kept?.projects ?? [{ id: randomUUID(), name: 'lab' }],
    nextNumber: kept?.nextNumber ?? 1,
    devices: kept?.devices ?? [],
  }
}
