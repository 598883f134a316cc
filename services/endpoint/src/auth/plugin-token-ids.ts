import type { Store } from '@powerbus/store'
import { newTokenId } from './token-id.ts'

const PREFIX = 'auth/plugin/'

/** The id of each plugin's own token; all endpoints on one store share it. A token with another id is revoked. */
export class PluginTokenIds {
  readonly #store: Store
  readonly #ids: Map<string, string>

  private constructor(store: Store, ids: Map<string, string>) {
    this.#store = store
    this.#ids = ids
  }

  static async load(store: Store): Promise<PluginTokenIds> {
    const ids = new Map<string, string>()
    for await (const { key, value } of store.scan(PREFIX)) ids.set(key.slice(PREFIX.length), String(value))
    return new PluginTokenIds(store, ids)
  }

  entries(): readonly (readonly [plugin: string, id: string])[] {
    return [...this.#ids]
  }

  get(plugin: string): string | undefined {
    return this.#ids.get(plugin)
  }

  /** The plugin's id, made where it has none. */
  async take(plugin: string): Promise<string> {
    const key = `${PREFIX}${plugin}`
    await this.#store.compareAndSet(key, undefined, newTokenId())
    const id = String(await this.#store.get(key))
    this.#ids.set(plugin, id)
    return id
  }

  /** The plugin's id as the store has it now; another endpoint may have made it. */
  async look(plugin: string): Promise<string | undefined> {
    const id = await this.#store.get(`${PREFIX}${plugin}`)
    if (id === undefined) this.#ids.delete(plugin)
    else this.#ids.set(plugin, String(id))
    return this.#ids.get(plugin)
  }

  /** Forgets an id that another endpoint has removed. */
  forget(plugin: string): void {
    this.#ids.delete(plugin)
  }

  async remove(plugin: string): Promise<void> {
    this.#ids.delete(plugin)
    await this.#store.delete(`${PREFIX}${plugin}`)
  }
}
