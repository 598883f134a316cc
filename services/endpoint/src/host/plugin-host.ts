import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { JsonObject, PluginObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Logger } from 'pino'
import type { Authority } from '../auth/authority.ts'
import { compareText } from '../inventory/collection.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { Turns } from '../inventory/turns.ts'
import { defaultRestartLimits, type RestartLimits } from './backoff.ts'
import { childEnvironment, type EndpointAddresses } from './child-environment.ts'
import type { EventHub } from './event-hub.ts'
import { PluginLog } from './plugin-log.ts'
import { PluginRunner } from './plugin-runner.ts'
import { defineProvider, findExecutables, type Provider, unpackProvider } from './provider.ts'

export interface HostOptions {
  readonly pluginDir: string
  readonly stateDir: string
  /** Short, private folder for sockets. */
  readonly runtimeFolder: string
  readonly inventory: Inventory
  readonly authority: Authority
  readonly events: EventHub
  readonly log: Logger
  readonly restart: Partial<RestartLimits> | undefined
  /** 60 s where absent. */
  readonly readyTimeoutMs: number | undefined
}

/** Launches the plugin providers of a folder, and keeps a runner for each plugin object. */
export class PluginHost {
  readonly #options: HostOptions
  readonly #providers = new Map<string, Provider>()
  /** Why an executable is no provider, by its file name. */
  readonly #refused = new Map<string, string>()
  readonly #runners = new Map<string, PluginRunner>()
  readonly #turns = new Turns()
  #addresses: EndpointAddresses | undefined
  #socketCount = 0
  #isStopped = false

  constructor(options: HostOptions) {
    this.#options = options
  }

  /** Runs `define` of every executable, and takes what they define. `addresses` as far as they are known. */
  async discover(addresses: EndpointAddresses): Promise<void> {
    const folder = join(this.#options.stateDir, 'scratch')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const executable of await findExecutables(this.#options.pluginDir)) {
      try {
        const provider = await defineProvider(executable, folder, addresses)
        const { Name } = provider.manifest
        const other = this.#providers.get(Name)
        if (other !== undefined) throw new Error(`${other.executable} is provider ${Name} already`)
        this.#providers.set(Name, provider)
        for (const notice of this.#options.inventory.definitions.add(Name, provider.params)) {
          this.#options.log.warn(notice)
        }
      } catch (error) {
        this.#refused.set(basename(executable), String(error))
        this.#options.log.error({ error: String(error) }, `${executable} cannot be used as a plugin`)
      }
    }
    for (const notice of await this.#options.inventory.sealKnown()) this.#options.log.warn(notice)
  }

  /** Unpacks every provider, makes the plugins that start by themselves, and waits for the first run of each. */
  async start(addresses: EndpointAddresses): Promise<void> {
    this.#addresses = addresses
    const { inventory, log, stateDir } = this.#options
    for (const provider of this.#providers.values()) {
      const { Name, AutoStart } = provider.manifest
      await unpackProvider(provider, join(stateDir, 'scratch'), addresses).catch((error) => {
        log.warn({ plugin: Name, error: String(error) }, 'the plugin did not unpack its files')
      })
      if (AutoStart && inventory.plugins.find(Name) === undefined) {
        await inventory.plugins.create({ Name, Provider: Name })
      }
    }
    await Promise.all(inventory.plugins.list().map((plugin) => this.added(plugin)))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(Array.from(this.#runners.values(), (runner) => runner.stop()))
    this.#runners.clear()
  }

  /** Starts what a new plugin object stands for; fulfilled when its first run is configured or has failed. */
  async added(plugin: PluginObject): Promise<void> {
    const provider = this.#providers.get(plugin.Provider)
    if (provider === undefined || this.#addresses === undefined || this.#isStopped) return
    const { inventory, authority, events, log, runtimeFolder, stateDir, restart } = this.#options
    const { Name } = plugin
    const socket = join(runtimeFolder, String(this.#socketCount))
    this.#socketCount += 1
    const runner = new PluginRunner({
      name: Name,
      executable: provider.executable,
      folder: join(stateDir, 'scratch', Name),
      toSocket: `${socket}.to`,
      fromSocket: `${socket}.from`,
      environment: childEnvironment(this.#addresses, await authority.pluginToken(Name)),
      params: () => inventory.opened(inventory.aggregate(inventory.plugins.get(Name))),
      callbacks: {
        publish: (event) => events.publish(event),
        objects: async () => [],
      },
      log: new PluginLog(log, Name),
      restart: { ...defaultRestartLimits, ...restart },
      readyTimeoutMs: this.#options.readyTimeoutMs ?? 60_000,
    })
    // The token took a moment, in which all may have been stopped.
    if (this.#isStopped) return
    this.#runners.set(Name, runner)
    await runner.start()
  }

  /** Tells a plugin its params anew. */
  async changed(name: string): Promise<void> {
    await this.#turns.run(async () => await this.#runners.get(name)?.configure())
  }

  async removed(name: string): Promise<void> {
    const runner = this.#runners.get(name)
    this.#runners.delete(name)
    await runner?.stop()
    await this.#options.authority.revokePlugin(name)
  }

  /** The plugin with its state as it is now. */
  shown(plugin: PluginObject): PluginObject {
    const errors = this.#errorsOf(plugin)
    return { ...plugin, Available: errors.length === 0, Errors: errors }
  }

  /** The manifests, with what is wrong; an executable that has none is listed by its file name. */
  providers(): JsonObject[] {
    const good = Array.from(this.#providers.values(), ({ manifest }) => ({ ...manifest, Available: true, Errors: [] }))
    const bad = Array.from(this.#refused, ([Name, error]) => ({ Name, Available: false, Errors: [error] }))
    return [...good, ...bad].sort((a, b) => compareText(a.Name, b.Name))
  }

  manifests(): Provider['manifest'][] {
    return Array.from(this.#providers.values(), ({ manifest }) => manifest)
  }

  /** Throws PLUGIN_UNAVAILABLE. */
  runner(plugin: PluginObject): PluginRunner {
    const runner = this.#runners.get(plugin.Name)
    if (runner !== undefined) return runner
    const reason = this.#errorsOf(plugin).join('; ')
    throw new PowerbusError('PLUGIN_UNAVAILABLE', `plugin ${plugin.Name} is not running: ${reason}`)
  }

  #errorsOf(plugin: PluginObject): readonly string[] {
    const runner = this.#runners.get(plugin.Name)
    if (runner !== undefined) return runner.errors
    if (this.#providers.has(plugin.Provider)) return ['it is not started']
    return [`there is no provider ${plugin.Provider} in ${this.#options.pluginDir}`]
  }
}
