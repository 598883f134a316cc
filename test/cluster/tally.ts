import type { Outcome } from './caller.ts'
import type { MachinePlan, Verb } from './plan.ts'
import type { MachineLedger } from './watched-machine.ts'

/** How often something happened, by name. */
export function countBy<T>(list: readonly T[], nameOf: (one: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const one of list) counts[nameOf(one)] = (counts[nameOf(one)] ?? 0) + 1
  return counts
}

/** Errors that leave open whether a change was made. */
const UNCERTAIN = ['OUTCOME_UNKNOWN', 'TARGET_TIMEOUT', 'DEADLINE_EXCEEDED']

/**
 * What one machine saw that its requests do not explain, in words. `outcomes` has one of each request. Each request stands for at most one
 * cycle or reset, and for exactly one where its first answer was that it is done. One that was asked for again may have been found
 * out by what the machine shows, and somebody else's restart shows the same; one that was refused may have been done for another
 * asker of it, as a refusal before any change is forgotten.
 */
export function contradictions(plan: MachinePlan, outcomes: readonly Outcome[], ledger: MachineLedger): string[] {
  const found = [...ledger.overlaps]
  const expect = (what: string, seen: number, { least, most }: { least: number; most: number }) => {
    if (seen < least || seen > most) found.push(`${seen} ${what}, not ${least} to ${most}`)
  }
  expect('resets', ledger.resets, boundsOf(outcomes, 'powerreset'))
  // A powercycle of a machine that is off switches it on.
  const cycles = boundsOf(outcomes, 'powercycle')
  expect('cycles', ledger.cycles, plan.staysOn ? cycles : { ...cycles, least: 0 })
  const last = outcomes.find(({ action }) => action === plan.last)
  const wanted = last?.end === 'done' ? last.result?.Power : undefined
  if (wanted && ledger.isOn !== (wanted === 'on')) found.push(`it is ${ledger.isOn ? 'on' : 'off'}, not ${wanted}`)
  return found
}

function boundsOf(outcomes: readonly Outcome[], verb: Verb): { least: number; most: number } {
  const ofVerb = outcomes.filter(({ action }) => action.verb === verb)
  const isAskedOnce = ({ action, attempts }: Outcome) => attempts === 1 && !action.isTwice
  const may = ({ end }: Outcome) => end === 'done' || UNCERTAIN.includes(end)
  return {
    least: ofVerb.filter((outcome) => outcome.end === 'done' && outcome.attempts === 1).length,
    most: ofVerb.filter((outcome) => may(outcome) || !isAskedOnce(outcome)).length,
  }
}
