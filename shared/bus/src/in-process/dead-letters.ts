import type { Json } from '@powerbus/store'
import type { DeadLetter } from '../bus.ts'
import type { LetterBox } from '../bus-driver.ts'
import type { BusStore } from '../bus-store.ts'

const KEYS = 'dead/'
/** For each durable name; the oldest go first. */
const LETTERS_MAX = 10_000

/** Dead letters by durable name; in the store where there is one. */
export class DeadLetters implements LetterBox {
  readonly #store: BusStore | undefined
  readonly #letters = new Map<string, Map<number, DeadLetter>>()
  #number = 0

  constructor(store: BusStore | undefined) {
    this.#store = store
  }

  async recover(): Promise<void> {
    if (!this.#store) return
    const found: { durable: string; number: number; letter: DeadLetter }[] = []
    for await (const { key, value } of this.#store.scan(KEYS)) {
      const [durable = '', number] = key.slice(KEYS.length).split('/')
      const letter = value as unknown as DeadLetter
      found.push({ durable, number: Number(number), letter })
    }
    for (const { durable, number, letter } of found.sort((a, b) => a.number - b.number)) {
      this.#of(durable).set(number, { ...letter, requestId: letter.requestId })
      this.#number = Math.max(this.#number, number)
    }
  }

  async add(durable: string, letter: DeadLetter): Promise<void> {
    this.#number += 1
    const number = this.#number
    // Without undefined members, which JSON does not know.
    const copy = JSON.parse(JSON.stringify(letter)) as Json
    await this.#store?.set(keyOf(durable, number), copy)
    const letters = this.#of(durable)
    letters.set(number, letter)
    const [oldest] = letters.keys()
    if (letters.size > LETTERS_MAX && oldest !== undefined) await this.#remove(durable, oldest)
  }

  async list(durable: string): Promise<DeadLetter[]> {
    return [...this.#of(durable).values()].map((letter) => structuredClone(letter))
  }

  async take(durable: string, id: string, use?: (letter: DeadLetter) => Promise<void>): Promise<boolean> {
    for (const [number, letter] of this.#of(durable)) {
      if (letter.event.id !== id) continue
      await use?.(letter)
      await this.#remove(durable, number)
      return true
    }
    return false
  }

  async forget(durable: string): Promise<void> {
    await Promise.all([...this.#of(durable).keys()].map((number) => this.#remove(durable, number)))
    this.#letters.delete(durable)
  }

  async #remove(durable: string, number: number): Promise<void> {
    await this.#store?.delete(keyOf(durable, number))
    this.#of(durable).delete(number)
  }

  #of(durable: string): Map<number, DeadLetter> {
    const present = this.#letters.get(durable)
    if (present) return present
    const letters = new Map<number, DeadLetter>()
    this.#letters.set(durable, letters)
    return letters
  }
}

function keyOf(durable: string, number: number): string {
  return `${KEYS}${durable}/${number}`
}
