import type { SeededChoice } from './seeded-choice.ts'

export type Verb = 'powerstatus' | 'poweron' | 'poweroff' | 'powercycle' | 'powerreset' | 'nextbootpxe'

/** One request that a caller has made up its mind to make. */
export interface PlannedAction {
  readonly machine: number
  readonly verb: Verb
  /** power/request-id. */
  readonly requestId: string
  /** ipmi/username: by it the machine tells its requests apart. */
  readonly username: string
  /** Sent by two callers at the same time. */
  readonly isTwice: boolean
}

/** What is sent to one machine: `many` side by side, and `last` when all of those have ended. */
export interface MachinePlan {
  readonly machine: number
  /** Nothing that is sent takes its power away for good: each powercycle is a cycle, and each powerreset a reset. */
  readonly staysOn: boolean
  readonly many: readonly PlannedAction[]
  readonly last: PlannedAction
}

const ON: readonly Verb[] = ['powerstatus', 'poweron', 'powercycle', 'powercycle', 'powerreset', 'nextbootpxe']
const ANY: readonly Verb[] = [...ON, 'poweron', 'poweroff', 'poweroff']
const TWICE = 0.1

/** All that `planOf` gives to the requests of a machine. */
export function usernames(each: number): string[] {
  return Array.from({ length: each }, (_, index) => username(index))
}

function username(index: number): string {
  return `request-${index}`
}

/** As many actions for each machine, with the seed in their names. */
export function planOf(choice: SeededChoice, options: { seed: number; machines: number; each: number }): MachinePlan[] {
  return Array.from({ length: options.machines }, (_, machine) => {
    const staysOn = machine % 2 === 0
    const planned = (verbs: readonly Verb[], index: number): PlannedAction => ({
      machine,
      verb: choice.of(verbs),
      requestId: `${options.seed}-${machine}-${index}`,
      username: username(index),
      isTwice: choice.happens(TWICE),
    })
    const many = Array.from({ length: options.each - 1 }, (_, index) => planned(staysOn ? ON : ANY, index))
    const switching: readonly Verb[] = staysOn ? ['poweron', 'powercycle'] : ['poweron', 'poweroff', 'powercycle']
    return { machine, staysOn, many, last: planned(switching, options.each - 1) }
  })
}
