import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, PluginObject } from '@powerbus/drp'
import { durableOf, PowerbusError } from '@powerbus/plugin-sdk'
import type { EndpointAddresses } from '@powerbus/plugin-sdk/launch'
import { endsWithin, KeyedQueue } from '@powerbus/turns'
import { PluginDelivery } from '../events/plugin-delivery.ts'
import { ENDPOINT_PRINCIPAL, type Kind } from '../inventory/change.ts'
import { BusDirectory } from './bus-directory.ts'
import { type HostOptions, makePlugin } from './make-plugin.ts'
import { PluginLogs } from './plugin-logs.ts'
import { PluginRuns, type Run } from './plugin-runs.ts'
import { isContentAlone, type Provider } from './provider.ts'
import { ProviderTable } from './provider-table.ts'
import type { RunningPlugin } from './running-plugin.ts'
import { shownPlugin } from './shown-plugin.ts'

const FIRST_RUN_MS = 30_000
/** Longest wait for the config of a plugin on the bus, which runs already. */
const FIRST_CONFIG_MS = 2000

/** Keeps every plugin object running, launched from the plugin folder or served on the bus. */
export class PluginSupervisor {
  readonly #options: HostOptions
  readonly table: ProviderTable
  readonly #directory: BusDirectory
  readonly #logs: PluginLogs
  readonly #runs = new PluginRuns()
  /** Starts, replaces and ends each plugin one at a time. Work in it never waits for a plugin's config. */
  readonly #queue = new KeyedQueue()
  /** Undefined before the start. */
  #addresses: EndpointAddresses | undefined
  #isStopped = false

  constructor(options: HostOptions) {
    this.#options = options
    const { bus, log } = options
    this.table = new ProviderTable(options)
    this.#logs = new PluginLogs(log, options.onLogLine)
    this.#directory = new BusDirectory({
      bus,
      log,
      onProvider: (provider) => this.#foundOnBus(provider),
      onReplica: (name) => {
        for (const [plugin, running] of this.#runs.onBus(name)) this.#unawaited(plugin, running.configure())
      },
      onGone: (name) => {
        for (const [, running] of this.#runs.onBus(name)) running.gone()
      },
      onLog: (plugin, line) => this.#logs.of(plugin).forward(line),
    })
  }

  /** Figures of all running plugins. */
  get figures() {
    return this.#runs.figures
  }

  /** Runs `define` of every executable. The port in `addresses` may still be 0. */
  async discover(addresses: EndpointAddresses): Promise<void> {
    await this.table.readFolders(addresses)
  }

  /**
   * Unpacks the providers, makes the AutoStart plugins, and waits for the first run of each plugin within its limit.
   */
  async start(addresses: EndpointAddresses): Promise<void> {
    this.#addresses = addresses
    await this.table.unpack(addresses)
    for (const provider of this.table.list()) await this.#autoStart(provider)
    const { plugins } = this.#options.inventory
    await Promise.all(plugins.list().map(({ Name }) => this.#changed(Name)))
    if (this.#isStopped) return
    await this.#directory.start()
    await Promise.all(this.#runs.onBus().map(([name, , { started }]) => this.#inTime(name, started, FIRST_CONFIG_MS)))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    // Both in parallel: stopping a plugin ends the directory's waits for it.
    await Promise.all([this.#directory.stop(), this.#runs.endAll()])
    await this.#queue.idle()
  }

  /**
   * Follows the change of an object, which another endpoint may have made: starts, configures, replaces or ends the
   * plugins that it concerns. Waits for their configs within the limit.
   */
  async follow(kind: Kind, key: string, isForeign = false): Promise<void> {
    const { bus, authority, inventory } = this.#options
    // Any plugin may use a profile's params, and the default of a definition.
    if (kind === 'profiles' || kind === 'params')
      await Promise.all(inventory.plugins.list().map(({ Name }) => this.#changed(Name)))
    if (kind !== 'plugins') return
    const plugin = inventory.plugins.find(key)
    if (plugin !== undefined) {
      const run = this.#runs.get(key)
      if (isForeign && run !== undefined && run.provider !== plugin.Provider) authority.forgetPlugin(key)
      return await this.#changed(key)
    }
    // At once: its end may take seconds.
    try {
      if (isForeign) authority.forgetPlugin(key)
      else await authority.revokePlugin(key)
    } finally {
      await this.#queue.run(key, async () => {
        const hadEvents = await this.#runs.end(key)
        if (hadEvents && !isForeign) await bus.forget(durableOf(key))
      })
    }
  }

  /** Adds a plugin's present state; other objects have none. */
  shown<T extends JsonObject>(kind: Kind, object: T): T {
    if (kind !== 'plugins') return object
    const plugin = object as unknown as PluginObject
    const objections = this.#runs.get(plugin.Name)?.running.objections ?? []
    return shownPlugin(object, this.#errorsOf(plugin), objections)
  }

  /** The manifests with their errors. An executable without a manifest is listed by its file name. */
  providers(): JsonObject[] {
    return this.table.shown((name) => this.#directory.count(name))
  }

  manifests(): Provider['manifest'][] {
    return this.table.list().map(({ manifest }) => manifest)
  }

  /** The provider as it is shown. Throws OBJECT_UNKNOWN. */
  provider(name: string): JsonObject {
    const found = this.providers().find(({ Name }) => Name === name)
    if (found !== undefined) return found
    throw new PowerbusError('OBJECT_UNKNOWN', `plugin_providers ${name} does not exist`)
  }

  /** The addresses that plugins get. Throws SHUTTING_DOWN before the start and after the stop. */
  addresses(): EndpointAddresses {
    if (this.#addresses !== undefined && !this.#isStopped) return this.#addresses
    throw new PowerbusError('SHUTTING_DOWN', 'the endpoint starts or stops: try again later')
  }

  /**
   * Ends the plugins of a provider, and runs them anew where there still is one: it may have come, changed or gone. Waits
   * for their configs within the limit.
   */
  async restart(name: string): Promise<void> {
    const { inventory, authority } = this.#options
    const provider = this.table.find(name)
    if (provider !== undefined) await this.#autoStart(provider)
    const plugins = inventory.plugins.list().filter(({ Provider }) => Provider === name)
    await Promise.all(
      plugins.map(async (plugin) => {
        if (provider === undefined) await authority.revokePlugin(plugin.Name)
        await this.#inTime(
          plugin.Name,
          this.#follow(plugin.Name, true).then(({ configured }) => configured),
        )
      }),
    )
  }

  /** Throws PLUGIN_UNAVAILABLE. */
  runner(plugin: PluginObject): RunningPlugin {
    const run = this.#runs.get(plugin.Name)
    if (run !== undefined) return run.running
    const reason = this.#errorsOf(plugin).join('; ')
    throw new PowerbusError('PLUGIN_UNAVAILABLE', `plugin ${plugin.Name} is not running: ${reason}`)
  }

  async #changed(name: string): Promise<void> {
    await this.#inTime(
      name,
      this.#follow(name).then(({ configured }) => configured),
    )
  }

  /** Waits at most `limitMs`, so that a plugin that waits for a cloud does not hold up others. */
  async #inTime(plugin: string, work: Promise<void>, limitMs = FIRST_RUN_MS): Promise<void> {
    const { log, firstRunTimeoutMs = FIRST_RUN_MS } = this.#options
    const waitMs = Math.min(limitMs, firstRunTimeoutMs)
    if (await endsWithin(work, waitMs)) return
    log.warn({ plugin }, `the plugin is not configured after ${waitMs} ms; the endpoint goes on without waiting for it`)
    this.#unawaited(plugin, work)
  }

  #unawaited(plugin: string, work: Promise<void>): void {
    work.catch((error: unknown) => this.#options.log.error({ plugin, err: error }, 'the plugin cannot run'))
  }

  /**
   * Runs and configures the plugin object of that name; `isAnew`: ends a run of it before. `configured` resolves when its
   * config has succeeded or failed.
   */
  async #follow(name: string, isAnew = false): Promise<{ readonly configured?: Promise<void> }> {
    return await this.#queue.run(name, async () => {
      const { inventory, bus } = this.#options
      const plugin = inventory.plugins.find(name)
      const present = this.#runs.get(name)
      if (plugin === undefined || this.#isStopped) return {}
      if (present?.provider === plugin.Provider && !isAnew) return { configured: present.running.configure() }
      const hadEvents = await this.#runs.end(name)
      const run = await this.#launch(plugin)
      if (hadEvents && run?.delivery === undefined) await bus.forget(durableOf(name))
      return run === undefined ? {} : { configured: run.started }
    })
  }

  /** Undefined where there is no provider, or the supervisor has stopped. */
  async #launch(plugin: PluginObject): Promise<Run | undefined> {
    const { Name: name, Provider } = plugin
    const provider = this.table.find(Provider)
    if (provider === undefined || this.#addresses === undefined || isContentAlone(provider)) return undefined
    const log = this.#logs.of(name)
    const onState = () => this.#stateChanged(name)
    const running = await makePlugin(this.#options, provider, this.#addresses, this.#directory, { name, log, onState })
    // The supervisor may have stopped meanwhile.
    if (this.#isStopped) return undefined
    const delivery = this.#deliveryTo(name, provider, running)
    const shown = this.shown('plugins', plugin)
    const run: Run = { running, provider: Provider, delivery, shown, started: Promise.resolve() }
    this.#runs.set(name, run)
    await delivery?.start()
    if (!this.#isStopped) run.started = running.start()
    return run
  }

  async #autoStart({ manifest: { Name, AutoStart } }: Provider): Promise<void> {
    const { plugins } = this.#options.inventory
    if (AutoStart && plugins.find(Name) === undefined) await plugins.merge({ Name, Provider: Name })
  }

  #deliveryTo(plugin: string, { executable, manifest }: Provider, running: RunningPlugin): PluginDelivery | undefined {
    const { bus, delivery: limits = {}, log } = this.#options
    if (executable === undefined || !manifest.HasPublish) return undefined
    return new PluginDelivery({ bus, plugin, limits, running, log: log.child({ plugin }) })
  }

  async #foundOnBus(provider: Provider): Promise<void> {
    if (!(await this.table.addFromBus(provider))) return
    await this.#autoStart(provider)
    for (const { Name, Provider } of this.#options.inventory.plugins.list()) {
      if (Provider !== provider.manifest.Name) continue
      const { configured } = await this.#follow(Name)
      if (configured !== undefined) this.#unawaited(Name, configured)
    }
  }

  #stateChanged(name: string): void {
    const run = this.#runs.get(name)
    run?.delivery?.changed()
    const { inventory, onChange } = this.#options
    const plugin = inventory.plugins.find(name)
    // Publishes nothing when all plugins stop with the endpoint.
    if (plugin === undefined || run === undefined || this.#isStopped) return
    const original = run.shown
    const object = this.shown('plugins', plugin)
    run.shown = object
    const { Available, Errors } = original
    if (isDeepStrictEqual([Available, Errors], [object.Available, object.Errors])) return
    const about = { id: randomUUID(), time: new Date().toISOString(), key: name }
    const change = { ...about, kind: 'plugins', action: 'save', principal: ENDPOINT_PRINCIPAL } as const
    onChange({ ...change, object, original: { ...object, Available, Errors } })
  }

  #errorsOf(plugin: PluginObject): readonly string[] {
    const run = this.#runs.get(plugin.Name)
    if (run !== undefined) return run.running.errors
    const provider = this.table.find(plugin.Provider)
    if (provider !== undefined) return isContentAlone(provider) ? [] : ['it is not started']
    const refusal = this.table.refusal(plugin.Provider)
    if (refusal.length > 0) return refusal
    return [`there is no provider ${plugin.Provider} in ${this.#options.pluginDir} or on the bus`]
  }
}
