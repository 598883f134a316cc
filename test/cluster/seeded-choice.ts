/** Choices that a seed repeats. */
export interface SeededChoice {
  /** A whole number from 0 up to, but not, `limit`. */
  below(limit: number): number
  /** Throws a RangeError where there is nothing to choose from. */
  of<T>(choices: readonly T[]): T
  /** True so often, 0..1. */
  happens(probability: number): boolean
  /** A copy in another order. */
  shuffled<T>(list: readonly T[]): T[]
}

/** The generator is mulberry32: 32 bits of state, any seed. */
export function seededChoice(seed: number): SeededChoice {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    of(choices) {
      const index = below(choices.length)
      if (index >= choices.length) throw new RangeError('nothing to choose from')
      return choices[index] as (typeof choices)[number]
    },
    happens: (probability) => next() < probability,
    shuffled(list) {
      const rest = [...list]
      return list.flatMap(() => rest.splice(below(rest.length), 1))
    },
  }
}
