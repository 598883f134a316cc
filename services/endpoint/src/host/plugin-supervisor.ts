import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, PluginObject } from '@powerbus/drp'
import { durableOf, PowerbusError } from '@powerbus/plugin-sdk'
import type { EndpointAddresses } from '@powerbus/plugin-sdk/launch'
import { endsWithin, KeyedQueue } from '@powerbus/turns'
import type { Logger } from 'pino'
import { PluginDelivery } from '../events/plugin-delivery.ts'
import { type ChangeListener, ENDPOINT_PRINCIPAL } from '../inventory/change.ts'
import type { Kind } from '../inventory/inventory.ts'
import { BusDirectory } from './bus-directory.ts'
import { BusPlugin } from './bus-plugin.ts'
import { type NewPluginParts, PluginFactory } from './plugin-factory.ts'
import { PluginLogs } from './plugin-logs.ts'
import type { Provider } from './provider.ts'
import { ProviderTable } from './provider-table.ts'
import type { RunningPlugin } from './running-plugin.ts'

const FIRST_RUN_MS = 30_000
/** What is served elsewhere runs already: only its config is waited for. */
const FIRST_CONFIG_MS = 2000

interface Run {
  readonly running: RunningPlugin
  /** Its provider's name. */
  readonly provider: string
  /** Its first config is over, well or not; that may take its time. */
  started: Promise<void>
}

export interface HostOptions extends NewPluginParts {
  readonly pluginDir: string
  readonly log: Logger
  /** Longest wait for a plugin to take its config, of `start` and of whoever changes its params; 30 000. The plugin goes on. */
  readonly firstRunTimeoutMs?: number | undefined
  /** Told when a plugin became available, or is so no longer. */
  readonly onChange: ChangeListener
}

/** Keeps every plugin object running: launched here from the plugin folder, or served elsewhere on the bus. */
export class PluginSupervisor {
  readonly #options: HostOptions
  readonly #table: ProviderTable
  readonly #factory: PluginFactory
  readonly #directory: BusDirectory
  readonly #logs: PluginLogs
  readonly #runs = new Map<string, Run>()
  readonly #deliveries = new Map<string, PluginDelivery>()
  /** Each plugin as it was last told of. */
  readonly #told = new Map<string, PluginObject>()
  /** Each plugin is made, replaced and ended in turn. None waits there for a plugin to take its config. */
  readonly #queue = new KeyedQueue()
  #isStarted = false
  #isStopped = false

  constructor(options: HostOptions) {
    this.#options = options
    const { bus, log } = options
    this.#table = new ProviderTable(options)
    this.#factory = new PluginFactory(options)
    this.#logs = new PluginLogs(log)
    this.#directory = new BusDirectory({
      bus,
      log,
      onProvider: (provider) => this.#foundOnBus(provider),
      onReplica: (name) => {
        for (const [plugin, running] of this.#onBus(name)) this.#unawaited(plugin, running.configure())
      },
      onGone: (name) => {
        for (const [, running] of this.#onBus(name)) running.gone()
      },
      onLog: (plugin, line) => this.#logs.of(plugin).forward(line),
    })
  }

  /** Of every plugin that is run. */
  get figures() {
    return Array.from(this.#runs, ([plugin, { running }]) => ({
      plugin,
      isUp: running.errors.length === 0,
      ...running.figures,
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
    await Promise.all(plugins.list().map((plugin) => this.added(plugin)))
    if (this.#isStopped) return
    await this.#directory.start()
    const onBus = Array.from(this.#runs).filter(([, { running }]) => running instanceof BusPlugin)
    await Promise.all(onBus.map(([name, { started }]) => this.#inTime(name, started, FIRST_CONFIG_MS)))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    // Whoever waits for a plugin's answer stops waiting when that plugin is stopped.
    await Promise.all([this.#directory.stop(), this.#stopPlugins()])
    await this.#queue.idle()
  }

  async #stopPlugins(): Promise<void> {
    // What they are at work on is finished by the plugin's own stop, and events that it did not take come again.
    await Promise.all(Array.from(this.#deliveries.values(), (delivery) => delivery.stop()))
    await Promise.all(Array.from(this.#runs.values(), ({ running }) => running.stop()))
    this.#runs.clear()
    this.#deliveries.clear()
  }

  /** Starts what a new plugin object stands for; fulfilled when its first run is configured or has failed, or takes long. */
  async added(plugin: PluginObject): Promise<void> {
    await this.changed(plugin.Name)
  }

  /** Tells a plugin its params anew, and runs it anew where it has another provider now. Waits no longer than `added` does. */
  async changed(name: string): Promise<void> {
    await this.#inTime(
      name,
      this.#follow(name).then(({ told }) => told),
    )
  }

  async removed(name: string): Promise<void> {
    const { bus, authority } = this.#options
    await this.#queue.run(name, async () => {
      if (await this.#end(name)) await bus.forget(durableOf(name))
    })
    await authority.revokePlugin(name)
  }

  /** Another endpoint has made, changed or removed an object: what runs here follows. */
  async followForeign(kind: Kind, key: string): Promise<void> {
    const { plugins } = this.#options.inventory
    if (kind === 'profiles') await Promise.all(plugins.list().map(({ Name }) => this.changed(Name)))
    if (kind !== 'plugins') return
    if (plugins.find(key) !== undefined) return await this.changed(key)
    await this.#queue.run(key, () => this.#end(key))
    this.#options.authority.forgetPlugin(key)
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
    const run = this.#runs.get(plugin.Name)
    if (run !== undefined) return run.running
    const reason = this.#errorsOf(plugin).join('; ')
    throw new PowerbusError('PLUGIN_UNAVAILABLE', `plugin ${plugin.Name} is not running: ${reason}`)
  }

  /** What a plugin waits for, such as a cloud that is away, holds up nobody else. */
  async #inTime(plugin: string, work: Promise<void>, limitMs = FIRST_RUN_MS): Promise<void> {
    const { log, firstRunTimeoutMs = FIRST_RUN_MS } = this.#options
    const waitMs = Math.min(limitMs, firstRunTimeoutMs)
    if (await endsWithin(work, waitMs)) return
    log.warn({ plugin }, `the plugin is not configured after ${waitMs} ms; others go on without it`)
    this.#unawaited(plugin, work)
  }

  #unawaited(plugin: string, work: Promise<void>): void {
    work.catch((error: unknown) => this.#options.log.error({ plugin, error: String(error) }, 'the plugin cannot run'))
  }

  /** Runs what the object of that name says, and tells it its params. `told` is when it has taken them or has failed. */
  async #follow(name: string): Promise<{ readonly told?: Promise<void> }> {
    return await this.#queue.run(name, async () => {
      const { inventory, bus } = this.#options
      const plugin = inventory.plugins.find(name)
      const present = this.#runs.get(name)
      if (plugin === undefined || this.#isStopped) return {}
      if (present?.provider === plugin.Provider) return { told: present.running.configure() }
      const hadEvents = await this.#end(name)
      const run = await this.#launch(plugin)
      if (hadEvents && !this.#deliveries.has(name)) await bus.forget(durableOf(name))
      return run === undefined ? {} : { told: run.started }
    })
  }

  /** Undefined where there is no provider, or all are stopped. */
  async #launch(plugin: PluginObject): Promise<Run | undefined> {
    const { Name: name, Provider } = plugin
    const provider = this.#table.find(Provider)
    if (provider === undefined || !this.#isStarted) return undefined
    const running = await this.#factory.make(plugin, provider, {
      log: this.#logs.of(name),
      onState: () => this.#stateChanged(name),
      replicas: () => this.#directory.count(Provider),
      sharesTurns: () => this.#directory.sharesTurns(Provider),
    })
    // The token took a moment, in which all may have been stopped.
    if (this.#isStopped) return undefined
    const run: Run = { running, provider: Provider, started: Promise.resolve() }
    this.#told.set(name, this.shown(plugin))
    this.#runs.set(name, run)
    if (provider.executable !== undefined) await this.#deliverTo(name, provider, running)
    if (!this.#isStopped) run.started = running.start()
    return run
  }

  /** Whether events were delivered to it from here. */
  async #end(name: string): Promise<boolean> {
    const run = this.#runs.get(name)
    const delivery = this.#deliveries.get(name)
    this.#runs.delete(name)
    this.#deliveries.delete(name)
    this.#told.delete(name)
    await delivery?.stop()
    await run?.running.stop()
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
    for (const { Name, Provider } of this.#options.inventory.plugins.list()) {
      if (Provider !== provider.manifest.Name) continue
      const { told } = await this.#follow(Name)
      if (told !== undefined) this.#unawaited(Name, told)
    }
  }

  #onBus(provider: string): [name: string, running: BusPlugin][] {
    return Array.from(this.#runs).flatMap(([name, { running, provider: own }]) =>
      own === provider && running instanceof BusPlugin ? [[name, running] satisfies [string, BusPlugin]] : [],
    )
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
    const run = this.#runs.get(plugin.Name)
    if (run !== undefined) return run.running.errors
    if (this.#table.find(plugin.Provider) !== undefined) return ['it is not started']
    return [`there is no provider ${plugin.Provider} in ${this.#options.pluginDir} or on the bus`]
  }
}
