import type { PowerParamValues, ReadParamValues } from './params.ts'
import type { PowerVerb } from './verbs.ts'

/** What only reads answers within this time or not at all, in milliseconds: a dead BMC must not hold up a table of machines. */
const READ_MS = 15_000
/** Standby power comes back after a minute or two, and the BMC starts after that. */
const AC_CYCLE_MS = 600_000
/** An action's own end comes after the engine's, which has more to say. */
const GRACE_MS = 5000

/** Milliseconds that a power command may take, from the wait for its turn to the last check. */
export function powerBudgetMs(verb: PowerVerb, params: PowerParamValues): number {
  if (verb === 'powerstatus') return readBudgetMs(params)
  if (verb === 'accycle') return changeBudgetMs(params) + AC_CYCLE_MS
  return changeBudgetMs(params) + (verb === 'powershutdown' ? params['power/soft-timeout'] * 1000 : 0)
}

export function changeBudgetMs(params: ReadParamValues): number {
  return params['power/timeout'] * 1000
}

export function readBudgetMs(params: ReadParamValues): number {
  return Math.min(READ_MS, changeBudgetMs(params))
}

/** For `Action.timeoutMs`. */
export const powerActionTimeoutMs = (verb: PowerVerb, params: PowerParamValues) =>
  powerBudgetMs(verb, params) + GRACE_MS
/** For `Action.timeoutMs` of a boot command. */
export const bootActionTimeoutMs = (params: ReadParamValues) => changeBudgetMs(params) + GRACE_MS
/** For `Action.timeoutMs` of what only reads. */
export const readActionTimeoutMs = (params: ReadParamValues) => readBudgetMs(params) + GRACE_MS
