import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { EndpointAddresses } from '@powerbus/plugin-sdk/launch'
import { Slots } from '@powerbus/turns'
import type { Logger } from 'pino'
import type { Upload } from '../blobs/upload-folder.ts'
import { compareText } from '../inventory/compare-text.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { defineProvider, findExecutables, isFile, type Provider, unpackProvider } from './provider.ts'
import type { ProviderUploads } from './provider-uploads.ts'
import { StoreKinds } from './store-kinds.ts'

export interface ProviderTableOptions {
  readonly pluginDir: string
  readonly stateDir: string
  readonly uploads: ProviderUploads
  readonly inventory: Inventory
  readonly log: Logger
  /** Longest run of `define`, in milliseconds; 10 000 by default. */
  readonly defineTimeoutMs?: number | undefined
}

/**
 * The known providers by name. An uploaded one wins over one of that name in the plugin folder, and that over one on the
 * bus (ADR 0012).
 */
export class ProviderTable {
  readonly #options: ProviderTableOptions
  readonly #providers = new Map<string, Provider>()
  /** Errors of executables that are no providers, by file name, and of providers on the bus that are not used. */
  readonly #refused = new Map<string, string>()

  /** Providers of the plugin folder in whose place an uploaded one is used. */
  readonly #installed = new Map<string, Provider>()
  /** Providers on the bus, also those that are not used. */
  readonly #served = new Map<string, Provider>()
  /** Uploads and removals, one at a time. */
  readonly #slot = new Slots(1)

  readonly #kinds: StoreKinds

  constructor(options: ProviderTableOptions) {
    this.#options = options
    this.#kinds = new StoreKinds(options.inventory)
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

  /** Runs `define` of every executable; one that was uploaded is used instead of the installation's. */
  async readFolders(addresses: EndpointAddresses): Promise<void> {
    const { pluginDir, uploads, log } = this.#options
    for (const executable of await findExecutables(uploads.folder)) {
      await this.#readExecutable(executable, addresses, async (provider) => {
        if (provider.manifest.Name !== basename(executable)) throw otherName(basename(executable), provider)
        await this.#define(provider)
      })
    }
    for (const executable of await findExecutables(pluginDir)) {
      await this.#readExecutable(executable, addresses, async (provider) => {
        const { Name } = provider.manifest
        const other = this.#providers.get(Name)
        if (other === undefined) return await this.#define(provider)
        if (!this.#isUploaded(other)) throw new Error(`${other.executable} already has provider ${Name}: remove one`)
        this.#installed.set(Name, provider)
        const versions = `${other.manifest.Version} in place of ${provider.manifest.Version}`
        log.info({ plugin: Name }, `the uploaded provider is used, ${versions} of the installation`)
      })
    }
  }

  /**
   * Takes an uploaded executable in the place of the present provider of that name, whole or not at all. Throws
   * OBJECT_INVALID with the reason where it cannot be used; the present provider stays then. `replacesWritten`: objects
   * that clients have made of the keys of its bundle are removed.
   */
  async install(
    name: string,
    upload: Upload,
    addresses: EndpointAddresses,
    replacesWritten = false,
  ): Promise<Provider> {
    return await this.#slot.run(async () => {
      const { uploads, inventory, log } = this.#options
      const defined = await this.#defined(name, upload.path, addresses)
      const provider = { ...defined, executable: uploads.pathOf(name) }
      const before = this.#providers.get(name)
      await this.#define(provider, replacesWritten).catch((cause: unknown) => {
        throw refused(name, cause)
      })
      try {
        await upload.moveTo(provider.executable)
      } catch (error) {
        this.#providers.delete(name)
        if (before !== undefined) await this.#define(before)
        else {
          inventory.layers.remove(name)
          this.#kinds.drop(name)
        }
        throw error
      }
      if (before !== undefined && !this.#isUploaded(before) && before.executable) this.#installed.set(name, before)
      this.#refused.delete(name)
      log.info({ plugin: name, bytes: upload.bytes, sha256: upload.sha256 }, 'an uploaded provider is used')
      await this.#unpackOne(provider, addresses)
      return provider
    })
  }

  /**
   * Removes an uploaded executable; the installation's of that name is used again, or else the replicas on the bus.
   * Throws OBJECT_UNKNOWN, and OBJECT_CONFLICT for one that was not uploaded.
   */
  async uninstall(name: string): Promise<void> {
    await this.#slot.run(async () => {
      const { uploads, inventory } = this.#options
      const present = this.#providers.get(name)
      const isRefused = present === undefined && this.#refused.has(name)
      if (present === undefined && !isRefused) throw unknown(name)
      if (present ? !this.#isUploaded(present) : !(await isFile(uploads.pathOf(name)))) throw notUploaded(name, present)
      await uploads.remove(name)
      this.#providers.delete(name)
      this.#refused.delete(name)
      inventory.layers.remove(name)
      this.#kinds.drop(name)
      const installed = this.#installed.get(name)
      const served = this.#served.get(name)
      this.#installed.delete(name)
      if (installed !== undefined) await this.#define(installed)
      else if (served !== undefined) await this.addFromBus(served)
    })
  }

  /** The path of a provider's executable. Throws OBJECT_UNKNOWN where it has none here. */
  executableOf(name: string): string {
    const executable = this.#providers.get(name)?.executable
    if (executable !== undefined) return executable
    throw unknown(name)
  }

  async unpack(addresses: EndpointAddresses): Promise<void> {
    for (const provider of this.#providers.values()) await this.#unpackOne(provider, addresses)
  }

  /** False where the plugin folder has a provider of that name, and where its definitions are refused. */
  async addFromBus(provider: Provider): Promise<boolean> {
    const { Name } = provider.manifest
    this.#served.set(Name, provider)
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

  async #readExecutable(
    executable: string,
    addresses: EndpointAddresses,
    take: (provider: Provider) => Promise<void>,
  ): Promise<void> {
    try {
      await take(await defineProvider(executable, await this.#scratch(), addresses, this.#options.defineTimeoutMs))
    } catch (error) {
      this.#refused.set(basename(executable), String(error))
      this.#options.log.error({ err: error }, `${executable} cannot be used as a plugin`)
    }
  }

  async #defined(name: string, executable: string, addresses: EndpointAddresses): Promise<Provider> {
    try {
      const folder = await this.#scratch()
      const provider = await defineProvider(executable, folder, addresses, this.#options.defineTimeoutMs)
      if (provider.manifest.Name !== name) throw otherName(name, provider)
      return provider
    } catch (cause) {
      throw refused(name, cause)
    }
  }

  async #unpackOne(provider: Provider, addresses: EndpointAddresses): Promise<void> {
    const { Name } = provider.manifest
    await unpackProvider(provider, await this.#scratch(), addresses).catch((error) => {
      this.#options.log.warn({ plugin: Name, err: error }, 'the plugin did not unpack its files')
    })
  }

  #isUploaded({ executable, manifest }: Provider): boolean {
    return executable === this.#options.uploads.pathOf(manifest.Name)
  }

  /** Throws an Error where its bundle has a key of another one. */
  async #define(provider: Provider, replacesWritten = false): Promise<void> {
    const { inventory, log } = this.#options
    const { Name: name } = provider.manifest
    this.#kinds.check(provider)
    if (provider.bundle === undefined) inventory.layers.remove(name)
    else {
      const layer = { name, type: 'plugin-provider', bundle: provider.bundle } as const
      for (const notice of await inventory.putLayer(layer, { replacesWritten })) log.warn({ plugin: name }, notice)
    }
    for (const notice of await this.#kinds.set(provider)) log.warn({ plugin: name }, notice)
    this.#providers.set(name, provider)
  }

  async #scratch(): Promise<string> {
    const folder = join(this.#options.stateDir, 'scratch')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return folder
  }
}

function unknown(name: string): PowerbusError {
  return new PowerbusError('OBJECT_UNKNOWN', `plugin_providers ${name} does not exist`)
}

function otherName(name: string, { manifest: { Name } }: Provider): Error {
  return new Error(`it is provider ${Name}, not ${name}: upload it as ${Name}`)
}

function notUploaded(name: string, present: Provider | undefined): PowerbusError {
  const place = present === undefined || present.executable ? 'the plugin folder' : 'the bus'
  const text = `provider ${name} was not uploaded, it comes from ${place}: remove it there`
  return new PowerbusError('OBJECT_CONFLICT', text)
}

function refused(name: string, cause: unknown): PowerbusError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new PowerbusError('OBJECT_INVALID', `${name} cannot be used as a plugin provider: ${reason}`, { cause })
}
