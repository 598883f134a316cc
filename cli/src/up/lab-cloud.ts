import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PluginSeed } from '@powerbus/endpoint'
import { type MetalApi, startMetalApi } from '@powerbus/lab'
import { UsageError } from '../cli-error.ts'

const PLUGIN = 'packet-ipmi'
/** Quick enough to be waited for. */
const TIMES = { queuedMs: 1000, provisioningMs: 3000, addressesMs: 2000, portsMs: 4000 }

export interface LabCloud {
  readonly api: MetalApi
  /** The params with which the plugin works on this cloud. */
  readonly plugin: PluginSeed
  close(): Promise<void>
}

export interface LabCloudOptions {
  readonly folder: string
  /** Machines that are in the cloud already, named cloud-01 and so on; those that are missing are made. */
  readonly count: number
}

/**
 * Starts the emulated cloud of a state folder, with the devices that it had. Nobody else may use the folder. Rejects with the
 * system's error where it cannot listen or the folder cannot be used.
 */
export async function startLabCloud({ folder, count }: LabCloudOptions): Promise<LabCloud> {
  const api = await startMetalApi({ folder, times: TIMES })
  const present = new Set(api.devices().map(({ settings }) => settings.hostname))
  for (let number = 1; number <= count; number++) {
    const hostname = `cloud-${String(number).padStart(2, '0')}`
    if (!present.has(hostname)) await api.addDevice({ hostname })
  }
  const plugin = {
    Name: PLUGIN,
    Params: {
      'packet/api-url': api.url,
      'packet/api-key': api.apiKey,
      'packet/project-id': api.projects[0]?.id ?? '',
      'packet/import-existing': true,
    },
  }
  return { api, plugin, close: () => api.close() }
}

/** Throws a UsageError where the plugin of the cloud is not among those of the folder. */
export async function checkCloudPlugin(pluginDir: string): Promise<void> {
  const isThere = await stat(join(pluginDir, PLUGIN)).then(
    (found) => found.isFile(),
    () => false,
  )
  if (!isThere) throw new UsageError(`the lab cloud needs the plugin ${PLUGIN}, which is not in ${pluginDir}`)
}

export function labCloudLine({ api }: LabCloud): string {
  return `lab cloud    ${api.url}, with ${api.devices().length} machines`
}

/** What to try, after `powerbus `. */
export function labCloudTrials(): readonly string[] {
  const onPlugin = `--plugin ${PLUGIN} --param`
  return [
    `createVm ${onPlugin} packet/name=cloud-99`,
    'poweroff cloud-99',
    `destroyVm ${onPlugin} packet/uuid=UUID    (as createVm told)`,
  ]
}
