/** Longer texts are made anew each time. */
const CHARACTERS_MAX = 16 * 1024

/** Texts of objects that never change, each kept as long as its object. */
export class KeptTexts<T extends object> {
  readonly #make: (object: T) => string
  readonly #texts = new WeakMap<T, string>()

  constructor(make: (object: T) => string) {
    this.#make = make
  }

  of(object: T): string {
    const kept = this.#texts.get(object)
    if (kept !== undefined) return kept
    const text = this.#make(object)
    if (text.length <= CHARACTERS_MAX) this.#texts.set(object, text)
    return text
  }
}
