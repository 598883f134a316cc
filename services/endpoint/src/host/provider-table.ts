import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { JsonObject } from '@powerbus/drp'
import type { EndpointAddresses } from '@powerbus/plugin-sdk/launch'
import type { Logger } from 'pino'
import { compareText } from '../inventory/compare-text.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { defineProvider, findExecutables, type Provider, unpackProvider } from './provider.ts'

export interface ProviderTableOptions {
  readonly pluginDir: string
  readonly stateDir: string
  readonly inventory: Inventory
  readonly log: Logger
}

/** The known providers by name. A provider in the plugin folder wins over one of that name on the bus. */
export class ProviderTable {
  readonly #options: ProviderTableOptions
  readonly #providers = new Map<string, Provider>()
  /** Errors of executables that are no providers, by file name, and of providers on the bus that are not used. */
  readonly #refused = new Map<string, string>()

  constructor(options: ProviderTableOptions) {
    this.#options = options
  }

  find(name: string): Provider | undefined {
    return this.#providers.get(name)
  }

  /** Why a provider of that name is not used; empty where none was refused. */
  refusal(name: string): string[] {
    const reason = this.#refused.get(name)
    return reason === undefined ? [] : [reason]
  }

  list(): Provider[] {
    return [...this.#providers.values()]
  }

  /** Runs `define` of every executable in the folder. */
  async readFolder(addresses: EndpointAddresses): Promise<void> {
    const { pluginDir, log } = this.#options
    const folder = await this.#scratch()
    for (const executable of await findExecutables(pluginDir)) {
      try {
        const provider = await defineProvider(executable, folder, addresses)
        const other = this.#providers.get(provider.manifest.Name)
        if (other !== undefined)
          throw new Error(`${other.executable} already has provider ${provider.manifest.Name}: remove one of them`)
        await this.#define(provider)
      } catch (error) {
        this.#refused.set(basename(executable), String(error))
        log.error({ err: error }, `${executable} cannot be used as a plugin`)
      }
    }
  }

  async unpack(addresses: EndpointAddresses): Promise<void> {
    const folder = await this.#scratch()
    for (const provider of this.#providers.values()) {
      await unpackProvider(provider, folder, addresses).catch((error) => {
        const { Name } = provider.manifest
        this.#options.log.warn({ plugin: Name, err: error }, 'the plugin did not unpack its files')
      })
    }
  }

  /** False where the plugin folder has a provider of that name, and where its definitions are refused. */
  async addFromBus(provider: Provider): Promise<boolean> {
    const { Name } = provider.manifest
    const other = this.#providers.get(Name)
    if (other?.executable !== undefined) {
      this.#options.log.warn(
        { plugin: Name },
        `the replicas on the bus are not used, since ${other.executable} has the same provider`,
      )
      return false
    }
    try {
      await this.#define(provider)
      this.#refused.delete(Name)
      return true
    } catch (error) {
      this.#refused.set(Name, String(error))
      this.#options.log.error({ plugin: Name, err: error }, 'the replicas on the bus cannot be used as a plugin')
      return false
    }
  }

  /** The providers as the API shows them. `replicas` returns the number of a provider's replicas on the bus. */
  shown(replicas: (name: string) => number): JsonObject[] {
    const good = this.list().map(({ manifest, executable }) => {
      const isHere = executable !== undefined || replicas(manifest.Name) > 0
      const Errors = [...this.refusal(manifest.Name), ...(isHere ? [] : ['no replica of it is on the bus'])]
      return { ...manifest, Available: isHere, Errors }
    })
    const others = [...this.#refused].filter(([Name]) => !this.#providers.has(Name))
    const bad = others.map(([Name, error]) => ({ Name, Available: false, Errors: [error] }))
    return [...good, ...bad].sort((a, b) => compareText(a.Name, b.Name))
  }

  /** Throws an Error where its bundle has a key of another one. */
  async #define(provider: Provider): Promise<void> {
    const { inventory, log } = this.#options
    const { Name: name } = provider.manifest
    if (provider.bundle === undefined) inventory.layers.remove(name)
    else {
      const layer = { name, type: 'plugin-provider', bundle: provider.bundle } as const
      for (const notice of await inventory.putLayer(layer)) log.warn({ plugin: name }, notice)
    }
    this.#providers.set(name, provider)
  }

  async #scratch(): Promise<string> {
    const folder = join(this.#options.stateDir, 'scratch')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return folder
  }
}
