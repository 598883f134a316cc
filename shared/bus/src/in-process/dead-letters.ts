import { type Json, jsonText, readJson } from '@powerbus/store'
import type { DeadLetter } from '../bus.ts'
import type { LetterBox } from '../bus-driver.ts'
import type { BusStore } from '../bus-store.ts'

const KEYS = 'dead/'
/** For each durable name; the oldest go first. */
const LETTERS_MAX = 10_000
/** Letters that are added between two looks at that limit. */
const LOOK_EVERY = 250

interface StoredLetter {
  readonly key: string
  readonly number: number
  readonly letter: DeadLetter
}

/** Dead letters in a store, by durable name and number. */
export class DeadLetters implements LetterBox {
  readonly #store: BusStore
  #number = 0

  constructor(store: BusStore) {
    this.#store = store
  }

  async recover(): Promise<void> {
    for (const { number } of await this.#sorted('')) this.#number = number
  }

  async add(durable: string, letter: DeadLetter): Promise<void> {
    this.#number += 1
    // Without undefined members, which JSON does not know.
    const copy = readJson(jsonText(letter) ?? '') as Json
    const look = this.#number % LOOK_EVERY === 0
    await this.#store.set(`${KEYS}${durable}/${this.#number}`, copy)
    if (!look) return
    for (const { key } of (await this.#sorted(`${durable}/`)).slice(0, -LETTERS_MAX)) await this.#store.delete(key)
  }

  async list(durable: string): Promise<DeadLetter[]> {
    return (await this.#sorted(`${durable}/`)).map(({ letter }) => letter)
  }

  async take(durable: string, id: string, use?: (letter: DeadLetter) => Promise<void>): Promise<boolean> {
    const found = (await this.#sorted(`${durable}/`)).find(({ letter }) => letter.event.id === id)
    if (!found) return false
    await use?.(found.letter)
    return await this.#store.delete(found.key)
  }

  async forget(durable: string): Promise<void> {
    for (const { key } of await this.#sorted(`${durable}/`)) await this.#store.delete(key)
  }

  /** The oldest first. */
  async #sorted(prefix: string): Promise<StoredLetter[]> {
    const found: StoredLetter[] = []
    for await (const { key, value } of this.#store.scan(KEYS + prefix)) {
      const letter = value as unknown as DeadLetter
      const number = Number(key.slice(key.lastIndexOf('/') + 1))
      found.push({ key, number, letter: { ...letter, requestId: letter.requestId } })
    }
    return found.sort((a, b) => a.number - b.number)
  }
}
