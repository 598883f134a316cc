import { randomBytes, randomUUID } from 'node:crypto'
import { type DeviceAction, MetalCloud, type MetalCloudState, type MetalProject } from './metal-cloud.ts'
import type { MetalCounts } from './metal-counts.ts'
import type { DeviceFate, DeviceOrder, DeviceState, MetalDevice, MetalTimes } from './metal-device.ts'
import { MetalFaults } from './metal-faults.ts'
import { BASE_PATH } from './metal-paging.ts'
import { addMetalRoutes } from './metal-routes.ts'
import { metalStateKeeper, readMetalState } from './metal-state-file.ts'

export interface MetalApiOptions {
  /** On 127.0.0.1; default: the one that it had if it is free, or any free one. */
  readonly port?: number
  /** Default: as kept, or random. */
  readonly apiKey?: string
  /** Default: as kept, or one. */
  readonly projects?: readonly MetalProject[]
  /** Where devices are kept between runs; absent: nowhere. */
  readonly folder?: string
  readonly times?: Partial<MetalTimes>
  /** A page never has more items, whatever was asked for; default 1000, the most that may be asked for. */
  readonly perPageMost?: number
  /** Milliseconds since 1970; default: the system's clock. */
  readonly nowMs?: () => number
}

/** An emulated cloud behind a Metal API, and what a test or a person may do behind its back. */
export interface MetalApi {
  /** What the plugin's param packet/api-url is set to. */
  readonly url: string
  readonly apiKey: string
  readonly projects: readonly MetalProject[]
  readonly faults: MetalFaults
  readonly counts: MetalCounts
  /** Devices that are there, the newest first. */
  devices(projectId?: string): readonly MetalDevice[]
  stateOf(device: MetalDevice): DeviceState
  /** What all devices so far cost, those that are gone too, in seconds of one device. */
  billedSeconds(): number
  /** What becomes of the next devices; without it, all is well. */
  destine(...fates: readonly DeviceFate[]): void
  /** A device that nobody asked for by the API. */
  addDevice(
    order?: Partial<Omit<DeviceOrder, 'settings'>> & { readonly hostname?: string; readonly tags?: readonly string[] },
  ): Promise<MetalDevice>
  /** Takes a device away at once, as if somebody else had deleted it. */
  removeDevice(id: string): Promise<void>
  /** As by the API, without a call: undefined where it was accepted. */
  act(id: string, action: DeviceAction): string | undefined
  close(): Promise<void>
}

/**
 * Starts an emulated cloud on 127.0.0.1. It checks each request by the shapes of the API's last public description (unknown fields, missing
 * ones and wrong types are 422). Rejects with the system's error where the port is taken or the folder cannot be used.
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
      const device = cloud.create({ ...place, ...order, settings: { ...plainSettings, hostname, tags } })
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

const plainSettings = {
  description: '',
  always_pxe: true,
  ipxe_script_url: '',
  billing_cycle: 'hourly',
  customdata: {},
  userdata: '',
  locked: false,
  network_frozen: false,
  spot_instance: false,
}

function stateOf({ apiKey, projects }: MetalApiOptions, kept: MetalCloudState | undefined): MetalCloudState {
  return {
    apiKey: apiKey ?? kept?.apiKey ?? randomBytes(24).toString('base64url'),
    projects: projects ?? kept?.projects ?? [{ id: randomUUID(), name: 'lab' }],
    nextNumber: kept?.nextNumber ?? 1,
    devices: kept?.devices ?? [],
  }
}
