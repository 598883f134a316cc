import type { JsonObject } from '@powerbus/drp'
import { jsonText } from '@powerbus/store'
import type { EffectiveParams } from '../inventory/effective-params.ts'
import { paramsOf, type StoredObject } from '../inventory/stored-object.ts'
import { KeptTexts } from './kept-texts.ts'

/** Combinations of own params whose rest is kept, of those that inherit the same. */
const RESTS_MAX = 100

/** JSON texts of one kind's objects, kept with them, so that a list costs little more than its bytes. */
export class ObjectTexts {
  readonly #whole = new KeptTexts<StoredObject>((object) => jsonText(object) ?? 'null')
  /** Without the last brace: the params follow. */
  readonly #heads = new KeptTexts<StoredObject>(({ Params: _, ...fields }) => (jsonText(fields) ?? '{}').slice(0, -1))
  readonly #own = new KeptTexts<JsonObject>((params) => (jsonText(params) ?? '{}').slice(1, -1))

  /** The object as it is. */
  whole(object: StoredObject): string {
    return this.#whole.of(object)
  }

  /** Objects with their effective params, which must not change meanwhile. What objects inherit alike is written once. */
  withEffective(effective: Pick<EffectiveParams, 'inherited'>): (object: StoredObject) => string {
    const texts = new Map<string, InheritedText>()
    return (object) => {
      if (object.Params === undefined) return this.whole(object)
      const sources = JSON.stringify([object.Stage, object.Profiles])
      const inherited = texts.get(sources) ?? new InheritedText(effective.inherited(object))
      texts.set(sources, inherited)
      const own = paramsOf(object)
      const parts = [inherited.besides(own), this.#own.of(own)].filter((part) => part !== '')
      return `${this.#heads.of(object)},"Params":{${parts.join(',')}}}`
    }
  }
}

/** The text of inherited params, of which each object's own ones are left out. */
class InheritedText {
  readonly #members: ReadonlyMap<string, string>
  readonly #rests = new Map<string, string>()

  constructor(params: JsonObject) {
    const members = Object.entries(params).map(([name, value]): [string, string] => {
      return [name, `${JSON.stringify(name)}:${jsonText(value) ?? 'null'}`]
    })
    this.#members = new Map(members)
  }

  besides(own: JsonObject): string {
    const covered = Object.keys(own).filter((name) => this.#members.has(name))
    const key = JSON.stringify(covered)
    const kept = this.#rests.get(key)
    if (kept !== undefined) return kept
    const members = [...this.#members].flatMap(([name, text]) => (covered.includes(name) ? [] : [text]))
    const rest = members.join(',')
    if (this.#rests.size < RESTS_MAX) this.#rests.set(key, rest)
    return rest
  }
}
