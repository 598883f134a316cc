import { join } from 'node:path'
import type { PluginSeed } from '@powerbus/endpoint'
import { type MetalApi, startMetalApi } from '@powerbus/lab'
import { UsageError } from '../cli-error.ts'
import { isFile } from '../folders.ts'

const PLUGIN = 'packet-ipmi'
/** Short, for people who wait. */
const TIMES = { queuedMs: 1000, provisioningMs: 3000, addressesMs: 2000, portsMs: 4000 }

export interface LabCloud {
  readonly api: MetalApi
  /** The plugin object with the params of this cloud. */
  readonly plugin: PluginSeed
  close(): Promise<void>
}

export interface LabCloudOptions {
  readonly folder: string
  /** Number of machines, named cloud-01 and so on; missing ones are made. */
  readonly count: number
}

/**
 * Starts the emulated cloud of a folder, with the devices it had. No other process may use the folder. Rejects with the
 * system's error where it cannot listen or use the folder.
 */
export async function startLabCloud({ folder, count }: LabCloudOptions): Promise<LabCloud> {
  const api = await startMetalApi({ folder, times: TIMES })
  const present = new Set(api.cloud.devices().map(({ settings }) => settings.hostname))
  for (let number = 1; number <= count; number++) {
    const hostname = `cloud-${String(number).padStart(2, '0')}`
    if (!present.has(hostname)) await api.addDevice(hostname)
  }
  const plugin = {
    Name: PLUGIN,
    Params: {
      'packet/api-url': api.url,
      'packet/api-key': api.cloud.apiKey,
      'packet/project-id': api.cloud.projects[0]?.id ?? '',
      'packet/import-existing': true,
    },
  }
  return { api, plugin, close: () => api.close() }
}

/** Throws a UsageError where the plugin folder lacks the cloud's plugin. */
export async function checkCloudPlugin(pluginDir: string): Promise<void> {
  if (!(await isFile(join(pluginDir, PLUGIN))))
    throw new UsageError(`the lab cloud needs the plugin ${PLUGIN}, which is not in ${pluginDir}`)
}

export function labCloudLine({ api }: LabCloud): string {
  return `lab cloud    ${api.url}, with ${api.cloud.devices().length} machines`
}

/** Examples, without the leading `powerbus `. */
export function labCloudTrials(): readonly string[] {
  const onPlugin = `--plugin ${PLUGIN} --param`
  return [
    `createVm ${onPlugin} packet/name=cloud-99`,
    'poweroff cloud-99',
    `destroyVm ${onPlugin} packet/uuid=UUID    (from the result of createVm)`,
  ]
}
