import { join } from 'node:path'
import { EmbeddedStore, prefixedStore, type Store } from '@powerbus/store'
import { PowerbusError } from '../errors.ts'
import { openWhenFree } from './open-when-free.ts'

export interface PluginStateOptions {
  /** What the keys begin with: name of the provider, and of the plugin object that is configured. */
  readonly prefix: () => string
  /** One that is open already, and closed by whoever opened it. */
  readonly store?: Store | undefined
  /** Where an embedded one is kept; absent: there is none. */
  readonly folder?: string | undefined
  readonly onNotice: (message: string) => void
}

/** What a plugin keeps over restarts: opened when it first asks, closed by the host at the very end. */
export class PluginState {
  readonly #options: PluginStateOptions
  readonly #ended = new AbortController()
  #opening: Promise<Store> | undefined
  #own: Store | undefined

  constructor(options: PluginStateOptions) {
    this.#options = options
  }

  /** The same each time. Throws PowerbusError STORE_UNAVAILABLE; the next call tries again. */
  readonly open = (): Promise<Store> => {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async close(): Promise<void> {
    this.#ended.abort()
    // Whoever asked for it has been told why it did not open.
    await this.#opening?.catch(() => undefined)
    await this.#own?.close()
  }

  async #open(): Promise<Store> {
    const { prefix, store = await this.#openOwn() } = this.#options
    return prefixedStore(store, `${prefix()}/`)
  }

  async #openOwn(): Promise<Store> {
    const { folder, onNotice } = this.#options
    if (folder === undefined) {
      const text = 'this plugin keeps state: give it a folder with --state DIR, or a Redis in REDIS_URL'
      throw new PowerbusError('STORE_UNAVAILABLE', text)
    }
    const open = () => EmbeddedStore.open({ folder: join(folder, 'plugin'), onNotice })
    this.#own = await openWhenFree(open, this.#ended.signal)
    return this.#own
  }
}
