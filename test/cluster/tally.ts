import type { Outcome } from './caller.ts'
import type { MachinePlan } from './plan.ts'
import type { Executions, MachineLedger } from './watched-machine.ts'

/** How often something happened, by name. */
export function countBy<T>(list: readonly T[], nameOf: (one: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const one of list) counts[nameOf(one)] = (counts[nameOf(one)] ?? 0) + 1
  return counts
}

/** Errors that leave open whether a change was made. */
const UNCERTAIN = [
  'OUTCOME_UNKNOWN',
  'NOT_ANSWERED',
  'TARGET_STAYS_OFF',
  'TARGET_TIMEOUT',
  'DEADLINE_EXCEEDED',
  'TARGET_BUSY',
  'LOST',
]

/**
 * How a request ended that several callers may have asked for: a refusal before any change is forgotten, so that another caller
 * of it may have had it done, or may be left in doubt. Throws where nobody asked.
 */
export function endOf(ofRequest: readonly Outcome[]): Outcome {
  const isUncertain = (outcome: Outcome) => UNCERTAIN.includes(outcome.end) || !isAnswered(outcome)
  const end = ofRequest.find((outcome) => outcome.end === 'done') ?? ofRequest.find(isUncertain) ?? ofRequest[0]
  if (!end) throw new Error('a request without an end')
  return end
}

/** What one machine saw that its requests do not explain, in words. `outcomes` has one of each request. */
export function contradictions(plan: MachinePlan, outcomes: readonly Outcome[], ledger: MachineLedger): string[] {
  const found = [...ledger.overlaps]
  for (const outcome of outcomes) {
    const executed = ledger.executed[outcome.action.username] ?? {}
    if (explains(outcome, executed, plan.staysOn)) continue
    const { requestId, verb } = outcome.action
    found.push(
      `${verb} (${requestId}) ended with ${outcome.end}, and did ${JSON.stringify(executed)}: ${outcome.message}`,
    )
  }
  const users = outcomes.map(({ action }) => action.username)
  for (const user of Object.keys(ledger.executed))
    if (!users.includes(user)) found.push(`${user || 'nobody'} did something`)
  const last = outcomes.find(({ action }) => action === plan.last)
  const wanted = last?.end === 'done' ? last.result?.Power : undefined
  if (wanted && ledger.isOn !== (wanted === 'on')) found.push(`it is ${ledger.isOn ? 'on' : 'off'}, not ${wanted}`)
  return found
}

/**
 * Whether what a request did at its machine is what was said about it. A cycle or reset is never done twice; exactly once where it is
 * said to be done; and not at all where each attempt was refused. What may be repeated was sent where it is said to have changed something.
 */
function explains(outcome: Outcome, executed: Executions, staysOn: boolean): boolean {
  const { action, end, result } = outcome
  const { powerUp = 0, powerDown = 0, powerCycle = 0, hardReset = 0, ...others } = executed
  const isDone = end === 'done'
  const isRefused = !isDone && !UNCERTAIN.includes(end) && isAnswered(outcome)
  const once = (times: number) => (isDone ? times === 1 : isRefused ? times === 0 : times <= 1)
  const some = (times: number) => times > 0 || !(isDone && result?.Changed)
  if (Object.keys(others).length > 0) return false
  switch (action.verb) {
    case 'powerreset':
      return once(hardReset) && powerUp + powerDown + powerCycle === 0
    case 'powercycle': {
      // A machine that is off is switched on.
      const cycled = staysOn ? once(powerCycle) && powerUp === 0 : powerCycle <= 1 && some(powerCycle + powerUp)
      return cycled && (powerCycle === 0 || powerUp === 0) && powerDown + hardReset === 0
    }
    case 'poweron':
      return some(powerUp) && powerDown + powerCycle + hardReset === 0
    case 'poweroff':
      return some(powerDown) && powerUp + powerCycle + hardReset === 0
    case 'powerstatus':
    case 'nextbootpxe':
      return Object.keys(executed).length === 0
  }
}

/** A refusal is forgotten, so that an attempt that nobody waited for may be taken up after it: by a replica that stood still. */
function isAnswered({ answered, attempts }: Outcome): boolean {
  return answered.length === attempts
}
