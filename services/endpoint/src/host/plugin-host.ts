import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, PluginObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Logger } from 'pino'
import { durableOf, PluginDelivery } from '../events/plugin-delivery.ts'
import { type ChangeListener, ENDPOINT_PRINCIPAL } from '../inventory/change.ts'
import type { Kind } from '../inventory/inventory.ts'
import { Turns } from '../inventory/turns.ts'
import { BusDirectory } from './bus-directory.ts'
import { BusPlugin } from './bus-plugin.ts'
import type { EndpointAddresses } from './child-environment.ts'
import { type NewPluginParts, PluginFactory } from './plugin-factory.ts'
import { PluginLog } from './plugin-log.ts'
import type { Provider } from './provider.ts'
import { ProviderTable } from './provider-table.ts'
import type { RunningPlugin } from './running-plugin.ts'

const FIRST_RUN_MS = 30_000

export interface HostOptions extends NewPluginParts {
  readonly pluginDir: string
  readonly log: Logger
  /** Longest wait of `start` for a plugin; 30 000. */
  readonly firstRunTimeoutMs?: number | undefined
  /** Told when a plugin became available, or is so no longer. */
  readonly onChange: ChangeListener
}

/** Keeps every plugin object running: launched here from the plugin folder, or served elsewhere on the bus. */
export class PluginHost {
  readonly #options: HostOptions
  readonly #table: ProviderTable
  readonly #factory: PluginFactory
  readonly #directory: BusDirectory
  readonly #running = new Map<string, RunningPlugin>()
  readonly #deliveries = new Map<string, PluginDelivery>()
  /** Each plugin as it was last told of. */
  readonly #told = new Map<string, PluginObject>()
  readonly #turns = new Turns()
  #isStarted = false
  #isStopped = false

  constructor(options: HostOptions) {
    this.#options = options
    const { bus, log } = options
    this.#table = new ProviderTable(options)
    this.#factory = new PluginFactory(options)
    this.#directory = new BusDirectory({
      bus,
      log,
      onProvider: (provider) => this.#foundOnBus(provider),
      onReplicas: (name, count, isNew) => this.#countOnBus(name, count, isNew),
      onLog: (plugin, line) => new PluginLog(log, plugin).forward(line),
    })
  }

  /** Of every plugin that is run. */
  get figures() {
    return Array.from(this.#running, ([plugin, { errors, figures }]) => ({
      plugin,
      isUp: errors.length === 0,
      ...figures,
    }))
  }

  /** Runs `define` of every executable, and takes what they define. `addresses` as far as they are known. */
  async discover(addresses: EndpointAddresses): Promise<void> {
    await this.#table.readFolder(addresses)
  }

  /** Unpacks every provider, makes the plugins that start by themselves, and waits for the first run of each, but not for ever. */
  async start(addresses: EndpointAddresses): Promise<void> {
    this.#factory.useAddresses(addresses)
    this.#isStarted = true
    await this.#table.unpack(addresses)
    for (const provider of this.#table.list()) await this.#autoStart(provider)
    const { plugins } = this.#options.inventory
    await Promise.all(plugins.list().map((plugin) => this.#addedInTime(plugin)))
    await this.#directory.start()
  }

  /** What a plugin waits for, such as a cloud that is away, holds up nobody else. */
  async #addedInTime(plugin: PluginObject): Promise<void> {
    const { log, firstRunTimeoutMs: waitMs = FIRST_RUN_MS } = this.#options
    const inTime = new AbortController()
    const added = this.added(plugin).finally(() => inTime.abort())
    const late = sleep(waitMs, 'late' as const, { signal: inTime.signal }).catch(() => undefined)
    if ((await Promise.race([added, late])) !== 'late') return
    log.warn({ plugin: plugin.Name }, `the plugin is not configured after ${waitMs} ms; others go on without it`)
    added.catch((error: unknown) => log.error({ plugin: plugin.Name, error: String(error) }, 'the plugin cannot run'))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#directory.stop()
    // What they are at work on is finished by the plugin's own stop, and events that it did not take come again.
    await Promise.all(Array.from(this.#deliveries.values(), (delivery) => delivery.stop()))
    await Promise.all(Array.from(this.#running.values(), (running) => running.stop()))
    this.#running.clear()
    this.#deliveries.clear()
  }

  /** Starts what a new plugin object stands for; fulfilled when its first run is configured or has failed. */
  async added(plugin: PluginObject): Promise<void> {
    const provider = this.#table.find(plugin.Provider)
    if (provider === undefined || !this.#isStarted || this.#isStopped || this.#running.has(plugin.Name)) return
    const { Name } = plugin
    const onState = () => this.#stateChanged(Name)
    const replicas = this.#directory.count(plugin.Provider)
    const sharesTurns = () => this.#directory.sharesTurns(plugin.Provider)
    const running = await this.#factory.make(plugin, provider, { onState, replicas, sharesTurns })
    // The token took a moment, in which all may have been stopped.
    if (this.#isStopped) return
    this.#told.set(Name, this.shown(plugin))
    this.#running.set(Name, running)
    if (provider.executable !== undefined) await this.#deliverTo(Name, provider, running)
    await running.start()
  }

  /** Tells a plugin its params anew. */
  async changed(name: string): Promise<void> {
    await this.#turns.run(async () => await this.#running.get(name)?.configure())
  }

  async removed(name: string): Promise<void> {
    const { bus, authority } = this.#options
    if (await this.#end(name)) await bus.forget(durableOf(name))
    await authority.revokePlugin(name)
  }

  /** Another endpoint has made, changed or removed an object: what runs here follows. */
  async followForeign(kind: Kind, key: string): Promise<void> {
    const { plugins } = this.#options.inventory
    if (kind === 'profiles') await Promise.all(plugins.list().map(({ Name }) => this.changed(Name)))
    if (kind !== 'plugins') return
    const plugin = plugins.find(key)
    if (plugin === undefined) {
      await this.#end(key)
      this.#options.authority.forgetPlugin(key)
    } else if (this.#running.has(key)) await this.changed(key)
    else await this.added(plugin)
  }

  /** The plugin with its state as it is now. */
  shown(plugin: PluginObject): PluginObject {
    const errors = this.#errorsOf(plugin)
    return { ...plugin, Available: errors.length === 0, Errors: errors }
  }

  /** The manifests, with what is wrong; an executable that has none is listed by its file name. */
  providers(): JsonObject[] {
    return this.#table.shown((name) => this.#directory.count(name))
  }

  manifests(): Provider['manifest'][] {
    return this.#table.list().map(({ manifest }) => manifest)
  }

  /** Throws PLUGIN_UNAVAILABLE. */
  runner(plugin: PluginObject): RunningPlugin {
    const running = this.#running.get(plugin.Name)
    if (running !== undefined) return running
    const reason = this.#errorsOf(plugin).join('; ')
    throw new PowerbusError('PLUGIN_UNAVAILABLE', `plugin ${plugin.Name} is not running: ${reason}`)
  }

  /** Whether events were delivered to it from here. */
  async #end(name: string): Promise<boolean> {
    const running = this.#running.get(name)
    const delivery = this.#deliveries.get(name)
    this.#running.delete(name)
    this.#deliveries.delete(name)
    this.#told.delete(name)
    await delivery?.stop()
    await running?.stop()
    return delivery !== undefined
  }

  async #autoStart({ manifest: { Name, AutoStart } }: Provider): Promise<void> {
    const { plugins } = this.#options.inventory
    if (AutoStart && plugins.find(Name) === undefined) await plugins.ensure({ Name, Provider: Name })
  }

  async #deliverTo(name: string, { manifest }: Provider, running: RunningPlugin): Promise<void> {
    if (!manifest.HasPublish) return
    const { bus, delivery: limits, log } = this.#options
    const delivery = new PluginDelivery({ bus, plugin: name, limits, running, log: log.child({ plugin: name }) })
    this.#deliveries.set(name, delivery)
    await delivery.start()
  }

  async #foundOnBus(provider: Provider): Promise<void> {
    if (!(await this.#table.addFromBus(provider))) return
    await this.#autoStart(provider)
    const plugins = this.#options.inventory.plugins.list()
    const own = plugins.filter((plugin) => plugin.Provider === provider.manifest.Name)
    await Promise.all(own.map((plugin) => this.added(plugin)))
  }

  async #countOnBus(name: string, count: number, isNew: boolean): Promise<void> {
    for (const { Name, Provider } of this.#options.inventory.plugins.list()) {
      const running = this.#running.get(Name)
      if (Provider === name && running instanceof BusPlugin) await running.replicas(count, isNew)
    }
  }

  #stateChanged(name: string): void {
    this.#deliveries.get(name)?.changed()
    // That all of them stop with the endpoint is no news of any of them.
    if (this.#isStopped) return
    const { inventory, onChange } = this.#options
    const plugin = inventory.plugins.find(name)
    const original = this.#told.get(name)
    if (plugin === undefined || original === undefined) return
    const object = this.shown(plugin)
    this.#told.set(name, object)
    const { Available, Errors } = original
    if (isDeepStrictEqual([Available, Errors], [object.Available, object.Errors])) return
    const about = { id: randomUUID(), time: new Date().toISOString(), kind: 'plugins', key: name }
    const change = { ...about, action: 'save', principal: ENDPOINT_PRINCIPAL } as const
    onChange({ ...change, object, original: { ...object, Available, Errors } })
  }

  #errorsOf(plugin: PluginObject): readonly string[] {
    const running = this.#running.get(plugin.Name)
    if (running !== undefined) return running.errors
    if (this.#table.find(plugin.Provider) !== undefined) return ['it is not started']
    return [`there is no provider ${plugin.Provider} in ${this.#options.pluginDir} or on the bus`]
  }
}
