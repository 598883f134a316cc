import { join } from 'node:path'
import type { Bus } from '@powerbus/bus'
import type { PluginObject } from '@powerbus/drp'
import { childEnvironment, type EndpointAddresses } from '@powerbus/plugin-sdk/launch'
import type { Authority } from '../auth/authority.ts'
import { checkedEvent } from '../events/checked-event.ts'
import type { EventFeed } from '../events/event-feed.ts'
import type { DeliveryLimits } from '../events/plugin-delivery.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { BusPlugin } from './bus-plugin.ts'
import { PluginRunner } from './plugin-runner.ts'
import type { Provider } from './provider.ts'
import { defaultRestartLimits, type RestartLimits } from './restart-backoff.ts'
import type { RunningPlugin, RunningPluginOptions } from './running-plugin.ts'

export interface NewPluginParts {
  readonly stateDir: string
  /** Private folder with a short path, for sockets. */
  readonly runtimeFolder: string
  readonly inventory: Inventory
  readonly authority: Authority
  readonly events: EventFeed
  readonly bus: Bus
  readonly delivery: DeliveryLimits
  readonly restart: Partial<RestartLimits> | undefined
  /** 60 000 by default. */
  readonly readyTimeoutMs: number | undefined
  /** Environment of every launched plugin, besides the endpoint's addresses. */
  readonly childEnvironment: Readonly<Record<string, string>>
}

export interface PluginSurroundings extends Pick<RunningPluginOptions, 'log' | 'onState'> {
  /** Returns the number of replicas on the bus. */
  readonly replicas: () => number
  readonly sharesTurns: () => boolean
}

/** Makes a plugin's runner, by the place of its provider: plugin folder or bus. */
export class PluginFactory {
  readonly #parts: NewPluginParts
  #addresses: EndpointAddresses | undefined
  #socketCount = 0

  constructor(parts: NewPluginParts) {
    this.#parts = parts
  }

  useAddresses(addresses: EndpointAddresses): void {
    this.#addresses = addresses
  }

  async make(
    { Name }: PluginObject,
    { executable, manifest }: Provider,
    { onState, log, replicas, sharesTurns }: PluginSurroundings,
  ): Promise<RunningPlugin> {
    const { inventory, bus } = this.#parts
    const params = () => inventory.opened(inventory.aggregate(inventory.plugins.get(Name)))
    const shared = { name: Name, params, log, onState }
    if (executable === undefined) {
      return new BusPlugin({ ...shared, provider: manifest.Name, bus, replicas, sharesTurns })
    }
    return await this.#launched(executable, shared)
  }

  async #launched(executable: string, shared: RunningPluginOptions): Promise<PluginRunner> {
    if (this.#addresses === undefined) throw new Error('the endpoint has no address yet')
    const { authority, events, runtimeFolder, stateDir, restart } = this.#parts
    const socket = join(runtimeFolder, String(this.#socketCount))
    this.#socketCount += 1
    const own = childEnvironment(this.#addresses, await authority.pluginToken(shared.name))
    return new PluginRunner({
      ...shared,
      executable,
      folder: join(stateDir, 'scratch', shared.name),
      toSocket: `${socket}.to`,
      fromSocket: `${socket}.from`,
      environment: { ...this.#parts.childEnvironment, ...own },
      callbacks: {
        publish: (event) => {
          const checked = checkedEvent(event)
          events.publish({ ...checked, Principal: checked.Principal || `plugin:${shared.name}` })
        },
        objects: async () => [],
      },
      restart: { ...defaultRestartLimits, ...restart },
      readyTimeoutMs: this.#parts.readyTimeoutMs ?? 60_000,
    })
  }
}
