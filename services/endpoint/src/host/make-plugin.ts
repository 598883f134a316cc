import { join } from 'node:path'
import type { Bus } from '@powerbus/bus'
import type { LogLine } from '@powerbus/drp'
import { models } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { childEnvironment, type EndpointAddresses } from '@powerbus/plugin-sdk/launch'
import type { Logger } from 'pino'
import type { Authority } from '../auth/authority.ts'
import type { EventFeed } from '../events/event-feed.ts'
import type { DeliveryLimits } from '../events/plugin-delivery.ts'
import type { ChangeListener } from '../inventory/change.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { BusDirectory } from './bus-directory.ts'
import { BusPlugin } from './bus-plugin.ts'
import { PluginRunner } from './plugin-runner.ts'
import type { Provider } from './provider.ts'
import type { ProviderUploads } from './provider-uploads.ts'
import type { RestartLimits } from './restart-limits.ts'
import type { RunningPlugin, RunningPluginOptions } from './running-plugin.ts'

export interface HostOptions {
  readonly stateDir: string
  readonly pluginDir: string
  readonly uploads: ProviderUploads
  readonly defineTimeoutMs?: number | undefined
  /** Private folder with a short path, for sockets. */
  readonly runtimeFolder: string
  readonly inventory: Inventory
  readonly authority: Authority
  readonly events: EventFeed
  readonly bus: Bus
  readonly log: Logger
  /** Called with each line of a plugin that is in the log. */
  readonly onLogLine: (line: LogLine) => void
  readonly delivery?: Partial<DeliveryLimits> | undefined
  readonly restart?: Partial<RestartLimits> | undefined
  /** Longest wait for READY! of a launched plugin, in milliseconds; 60 000. */
  readonly readyTimeoutMs?: number | undefined
  /** Environment of every launched plugin, besides the endpoint's addresses. */
  readonly childEnvironment: Readonly<Record<string, string>>
  /**
   * Longest wait for a plugin's config, at the start and at changes, in milliseconds; 30 000. The plugin goes on after
   * it.
   */
  readonly firstRunTimeoutMs?: number | undefined
  /** Called when a plugin's availability or errors change. */
  readonly onChange: ChangeListener
}

/** Makes what runs a plugin object, by the place of its provider: plugin folder or bus. */
export async function makePlugin(
  host: HostOptions,
  { executable, manifest }: Provider,
  addresses: EndpointAddresses,
  directory: BusDirectory,
  options: Omit<RunningPluginOptions, 'params'>,
): Promise<RunningPlugin> {
  const { inventory, authority, bus, stateDir } = host
  const { name } = options
  const params = () => inventory.opened(inventory.aggregate(inventory.plugins.get(name)))
  if (executable === undefined) {
    const provider = manifest.Name
    const replicas = () => directory.count(provider)
    return new BusPlugin({
      ...options,
      params,
      provider,
      bus,
      replicas,
      sharesTurns: () => directory.sharesTurns(provider),
    })
  }
  const environment = { ...host.childEnvironment, ...childEnvironment(addresses, await authority.pluginToken(name)) }
  const folder = join(stateDir, 'scratch', name)
  const actions = manifest.AvailableActions
  const objects = async (prefix: string) => {
    await inventory.refresh()
    if (!Object.hasOwn(models, prefix)) return inventory.collection(prefix).list()
    throw new PowerbusError('OBJECT_UNKNOWN', `${prefix} are no StoreObjects: ask the API for them`)
  }
  return new PluginRunner({ ...host, ...options, params, executable, actions, objects, folder, environment })
}
