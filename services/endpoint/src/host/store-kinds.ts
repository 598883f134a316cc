import { isJsonObject, models, storeObjectModel } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { Ajv } from 'ajv'
import type { Inventory } from '../inventory/inventory.ts'
import type { StoredObject } from '../inventory/stored-object.ts'
import type { Provider } from './provider.ts'

const PREFIX = /^[a-z][a-z0-9_-]{1,63}$/i
/** Paths of the API that are no kinds of objects. */
const TAKEN = [
  'actions',
  'contents',
  'events',
  'files',
  'indexes',
  'info',
  'interfaces',
  'isos',
  'logs',
  'meta',
  'objects',
]
const MORE_TAKEN = ['prefs', 'system', 'tokens', 'whoami', 'ws']

/** Kinds of objects that plugin providers have the endpoint store (StoreObjects, plugin contract §2). */
export class StoreKinds {
  readonly #inventory: Inventory
  /** Provider of each kind. */
  readonly #owners = new Map<string, string>()
  readonly #ajv = new Ajv({ strict: false, validateSchema: false, logger: false })

  constructor(inventory: Inventory) {
    this.#inventory = inventory
  }

  /** Throws an Error where a kind of the provider cannot be one. */
  check({ manifest: { Name, StoreObjects } }: Provider): void {
    for (const prefix of Object.keys(StoreObjects)) {
      const owner = this.#owners.get(prefix) ?? Name
      if (owner !== Name) throw new Error(`${prefix} of its StoreObjects are those of ${owner} already`)
      const isTaken = Object.hasOwn(models, prefix) || [...TAKEN, ...MORE_TAKEN].includes(prefix)
      if (!isTaken && PREFIX.test(prefix)) continue
      throw new Error(`${prefix.slice(0, 64)} of its StoreObjects cannot be a kind of objects: choose another name`)
    }
  }

  /** Has the kinds of the provider, and no longer those of an earlier version. Returns notices for the operator. */
  async set({ manifest: { Name, StoreObjects } }: Provider): Promise<string[]> {
    this.drop(Name)
    const notices: string[] = []
    for (const [prefix, schema] of Object.entries(StoreObjects)) {
      this.#owners.set(prefix, Name)
      const { check, notice } = this.#checkOf(prefix, schema)
      if (notice !== undefined) notices.push(notice)
      const model = storeObjectModel(prefix) as Parameters<Inventory['addKind']>[0]
      await this.#inventory.addKind(model, check)
    }
    return notices
  }

  /** Has the provider's kinds no longer; their objects stay in the store. */
  drop(provider: string): void {
    for (const [prefix, owner] of this.#owners) {
      if (owner !== provider) continue
      this.#owners.delete(prefix)
      this.#inventory.removeKind(prefix)
    }
  }

  #checkOf(prefix: string, schema: unknown): { check: (object: StoredObject) => void; notice?: string } {
    try {
      const { $schema: _draft, id: _id, $id: _newId, ...rest } = isJsonObject(schema) ? schema : {}
      const validate = this.#ajv.compile(rest)
      const check = (object: StoredObject) => {
        const isValid: boolean = validate(object)
        if (isValid) return
        const { instancePath = '', message = 'is not valid' } = validate.errors?.[0] ?? {}
        throw new PowerbusError('OBJECT_INVALID', `${prefix} ${String(object.Id)}: ${instancePath} ${message}`)
      }
      return { check }
    } catch {
      return { check: () => undefined, notice: `the schema of ${prefix} is not valid: its objects are not checked` }
    }
  }
}
