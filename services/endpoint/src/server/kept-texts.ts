import { jsonText } from '@powerbus/store'

/** Longer texts are made anew each time. */
const CHARACTERS_MAX = 16 * 1024

/** JSON texts of objects that never change, each kept as long as its object. */
export class KeptTexts {
  readonly #texts = new WeakMap<object, string>()

  of(object: object): string {
    const kept = this.#texts.get(object)
    if (kept !== undefined) return kept
    const text = jsonText(object) ?? 'null'
    if (text.length <= CHARACTERS_MAX) this.#texts.set(object, text)
    return text
  }
}
