import { MetalCloud, newCloud } from './metal-cloud.ts'
import { defaultSettings, type MetalDevice, type MetalTimes } from './metal-device.ts'
import { BASE_PATH } from './metal-paging.ts'
import { addMetalRoutes } from './metal-routes.ts'
import { metalStateKeeper, readMetalState } from './metal-state-file.ts'

export interface MetalApiOptions {
  /** Folder that stores the devices, the key and the port between runs; default: they are not stored. */
  readonly folder?: string
  readonly times?: Partial<MetalTimes>
  /** Milliseconds since 1970; default: the system's clock. */
  readonly nowMs?: () => number
}

/** An emulated cloud with a Metal API. */
export interface MetalApi {
  /** URL of the API, for the param packet/api-url. */
  readonly url: string
  readonly cloud: MetalCloud
  /** Creates a device without an API call. */
  addDevice(hostname?: string): Promise<MetalDevice>
  close(): Promise<void>
}

/**
 * Starts an emulated cloud on 127.0.0.1, at the stored port if it is free, else at any free port. It checks each
 * request by the shapes of the API's last public description: an unknown or missing field or a wrong type gives 422.
 * Rejects with the system's error if the folder cannot be used.
 */
export async function startMetalApi({ folder, times = {}, nowMs = Date.now }: MetalApiOptions = {}): Promise<MetalApi> {
  const kept = folder === undefined ? undefined : await readMetalState(folder)
  const cloud = new MetalCloud(kept ?? newCloud(), times, nowMs)
  let port = kept?.port ?? 0
  const keep = folder === undefined ? async () => undefined : metalStateKeeper(folder, () => ({ ...cloud.state, port }))
  const { fastify } = await import('fastify')
  const server = fastify({
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
  })
  addMetalRoutes(server, cloud, keep)
  const listen = (wanted: number) => server.listen({ host: '127.0.0.1', port: wanted })
  const address = await listen(port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    return listen(0)
  })
  port = Number(new URL(address).port)
  await keep()

  return {
    url: `${address}${BASE_PATH}`,
    cloud,
    async addDevice(hostname = 'stray') {
      const device = cloud.create({
        projectId: cloud.projects[0]?.id ?? '',
        plan: 'baremetal_0',
        facility: 'ewr1',
        metro: 'ewr',
        operatingSystem: 'custom_ipxe',
        settings: { ...defaultSettings, always_pxe: true, hostname },
      })
      await keep()
      return device
    },
    async close() {
      await server.close()
      await keep()
    },
  }
}
