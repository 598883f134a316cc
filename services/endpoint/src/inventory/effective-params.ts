import type { JsonObject } from '@powerbus/drp'
import type { ListIndex } from './list-index.ts'
import type { ObjectIndex } from './object-index.ts'
import type { ParamDefinitions } from './param-definitions.ts'
import { GLOBAL_PROFILE } from './profile.ts'
import { paramsOf, type StoredObject } from './stored-object.ts'

type Find = (key: string) => StoredObject | undefined

export interface EffectiveParamsOptions {
  readonly profile: Find
  readonly stage: Find
  readonly definitions: Pick<ParamDefinitions, 'defaults'>
  /** All profiles, and all stages. */
  readonly givers: () => readonly ObjectIndex<StoredObject>[]
}

/**
 * The params of an object with those that it does not set itself. Its own win over its
 * profiles' (the first one wins, and a profile's own over those of its profiles), over those of its stage and the
 * stage's profiles, over profile global's, and over the defaults of the definitions. Secure params stay sealed.
 */
export class EffectiveParams {
  readonly #options: EffectiveParamsOptions
  /** Params of a profile and of all its profiles, in their order; made anew after each change of a profile. */
  readonly #chains = new Map<string, readonly JsonObject[]>()

  constructor(options: EffectiveParamsOptions) {
    this.#options = options
  }

  /** Must be called after each change of a profile. */
  profilesChanged(): void {
    this.#chains.clear()
  }

  all(object: JsonObject): Record<string, unknown> {
    return { ...this.inherited(object), ...paramsOf(object) }
  }

  /** Those that the object does not set itself, and those that its own win over. */
  inherited(object: JsonObject): Record<string, unknown> {
    return Object.assign({ ...this.#options.definitions.defaults() }, ...this.#inherited(object).toReversed())
  }

  /** One effective param; undefined where nothing sets it. */
  one(object: JsonObject, name: string): unknown {
    const sources = [paramsOf(object), ...this.#inherited(object)]
    for (const params of sources) if (Object.hasOwn(params, name)) return params[name]
    const defaults = this.#options.definitions.defaults()
    return Object.hasOwn(defaults, name) ? defaults[name] : undefined
  }

  /** For these objects: what it gives now, whatever changes later. */
  now(objects: readonly JsonObject[]): EffectiveParams {
    const { profile, stage, definitions } = this.#options
    const [profiles, stages] = [
      new Map<string, StoredObject | undefined>(),
      new Map<string, StoredObject | undefined>(),
    ]
    const keep = (name: string) => {
      if (profiles.has(name)) return
      const found = profile(name)
      profiles.set(name, found)
      if (found !== undefined) keepAll(found)
    }
    const keepAll = ({ Profiles }: JsonObject) => {
      if (Array.isArray(Profiles)) for (const name of Profiles) keep(String(name))
    }
    keep(GLOBAL_PROFILE)
    for (const object of objects) {
      keepAll(object)
      const { Stage } = object
      if (typeof Stage !== 'string' || Stage === '' || stages.has(Stage)) continue
      const found = stage(Stage)
      stages.set(Stage, found)
      if (found !== undefined) keepAll(found)
    }
    const defaults = definitions.defaults()
    return new EffectiveParams({
      profile: (name) => profiles.get(name),
      stage: (name) => stages.get(name),
      definitions: { defaults: () => defaults },
      givers: () => [],
    })
  }

  /** Whether an object may get a value of that param from elsewhere: one of the wanted ones, or any. */
  async mayInherit(index: ListIndex, wanted?: readonly string[]): Promise<boolean> {
    const { definitions, givers } = this.#options
    const defaults = definitions.defaults()
    if (index.param !== undefined && Object.hasOwn(defaults, index.param)) {
      const given = defaults[index.param]
      if (wanted?.some((text) => index.values.comparer(text)(given) === 0) ?? true) return true
    }
    for (const objects of givers()) {
      const values = await objects.values(index)
      if (values === undefined) return true
      if (wanted === undefined ? values.hasValues : values.find(wanted, false).count > 0) return true
    }
    return false
  }

  #inherited(object: StoredObject): JsonObject[] {
    const { Stage } = object
    const stage = typeof Stage === 'string' && Stage !== '' ? this.#options.stage(Stage) : undefined
    return [
      ...this.#profiles(object),
      ...(stage === undefined ? [] : [paramsOf(stage), ...this.#profiles(stage)]),
      ...this.#chain(GLOBAL_PROFILE),
    ]
  }

  #profiles({ Profiles }: JsonObject): JsonObject[] {
    return Array.isArray(Profiles) ? Profiles.flatMap((name) => this.#chain(String(name))) : []
  }

  #chain(name: string): readonly JsonObject[] {
    const known = this.#chains.get(name)
    if (known !== undefined) return known
    const chain = profileChain(name, this.#options.profile).map(paramsOf)
    this.#chains.set(name, chain)
    return chain
  }
}

/** A profile and all that it takes params from, in their order; each once, so that a circle ends. */
function profileChain(name: string, find: Find): StoredObject[] {
  const chain = new Map<string, StoredObject>()
  const add = (key: string) => {
    const profile = find(key)
    if (profile === undefined || chain.has(key)) return
    chain.set(key, profile)
    for (const inner of Array.isArray(profile.Profiles) ? profile.Profiles : []) add(String(inner))
  }
  add(name)
  return [...chain.values()]
}

/** The names of a circle of profiles that `profile` would close, such as `a b a`; empty where there is none. */
export function profileCircle(
  profile: { readonly Name: string; readonly Profiles: readonly string[] },
  find: Find,
): string[] {
  const seen = new Set<string>()
  const way = (name: string): string[] => {
    if (name === profile.Name) return [name]
    if (seen.has(name)) return []
    seen.add(name)
    for (const inner of Object(find(name)?.Profiles ?? []) as readonly string[]) {
      const rest = way(inner)
      if (rest.length > 0) return [name, ...rest]
    }
    return []
  }
  for (const name of profile.Profiles) {
    const rest = way(name)
    if (rest.length > 0) return [profile.Name, ...rest]
  }
  return []
}
