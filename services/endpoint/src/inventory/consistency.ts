import type { Kind } from './change.ts'
import type { Collection } from './collection.ts'
import type { Definition, ParamDefinitions } from './param-definitions.ts'
import { canBeNamed, canName, referencesOf } from './references.ts'
import { nameOf, paramsOf, type StoredObject } from './stored-object.ts'

export type Collections = ReadonlyMap<Kind, Collection<StoredObject>>

/** Keeps the Errors of all objects true while the objects that they name, and the definitions of their params, change. */
export class Consistency {
  readonly #kinds: Collections
  readonly #definitions: ParamDefinitions
  /** Keys that came, went or changed, by kind, while `together` runs. */
  #changed: Map<Kind, Set<string>> | undefined

  constructor(kinds: Collections, definitions: ParamDefinitions) {
    this.#kinds = kinds
    this.#definitions = definitions
  }

  /** Why an object cannot be used, in Digital Rebar's words. */
  errorsOf(kind: Kind, object: StoredObject): string[] {
    const missing = referencesOf(kind, object).filter(({ kind: of, key }) => !this.#kinds.get(of)?.find(key))
    const own = kind === 'params' ? this.#definitions.problemsOf(object as unknown as Definition) : []
    return [...missing.map(({ problem }) => problem), ...this.#definitions.problemsIn(paramsOf(object)), ...own]
  }

  /** Objects of other kinds that name one; undefined where none does. */
  userOf(kind: Kind, key: string): string | undefined {
    if (!canBeNamed(kind)) return undefined
    for (const [other, collection] of this.#kinds) {
      if (!canName(other)) continue
      for (const object of collection.index.byName) {
        if (names(other, object, (of, name) => of === kind && name === key)) return `${other} ${nameOf(object)}`
      }
    }
    return undefined
  }

  /** To be called for every object that comes, goes or changes. */
  changed(kind: Kind, key: string, isNewOrGone: boolean): void {
    if (kind !== 'params' && !(isNewOrGone && canBeNamed(kind))) return
    const keys = this.#changed?.get(kind) ?? new Set<string>()
    keys.add(key)
    if (this.#changed === undefined) this.#recheck(new Map([[kind, keys]]))
    else this.#changed.set(kind, keys)
  }

  /** Looks at the objects once, after all changes that `work` makes. */
  together<R>(work: () => R): R {
    if (this.#changed !== undefined) return work()
    const changed = new Map<Kind, Set<string>>()
    this.#changed = changed
    try {
      return work()
    } finally {
      this.#changed = undefined
      this.#recheck(changed)
    }
  }

  #recheck(changed: ReadonlyMap<Kind, ReadonlySet<string>>): void {
    if (changed.size === 0) return
    const params = changed.get('params')
    const isChanged = (kind: Kind, key: string) => changed.get(kind)?.has(key) === true
    for (const [kind, collection] of this.#kinds) {
      if (!canName(kind) && params === undefined) continue
      for (const object of collection.list()) {
        const hasParam = params !== undefined && Object.keys(paramsOf(object)).some((name) => params.has(name))
        if (hasParam || names(kind, object, isChanged)) collection.recheck(collection.keyOf(object))
      }
    }
  }
}

function names(kind: Kind, object: StoredObject, isMeant: (kind: Kind, key: string) => boolean): boolean {
  return referencesOf(kind, object).some((reference) => isMeant(reference.kind, reference.key))
}
