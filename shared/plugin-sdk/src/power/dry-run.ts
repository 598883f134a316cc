import type { BootRequest, PowerDriver } from './driver.ts'
import type { PowerParamValues } from './params.ts'
import { type PowerVerb, stepsOf } from './verbs.ts'

/** What would be sent, and when. */
export interface DryRunStep {
  readonly When: string
  readonly Send: string
}

/** The answer to any command with power/dry-run. Nothing was sent, so it does not know the machine's state. */
export interface DryRun {
  readonly DryRun: true
  readonly Command: string
  /** PowerDriver.key. */
  readonly Target: string
  readonly Mode: string
  readonly Steps: readonly DryRunStep[]
}

export function dryRun(driver: PowerDriver, command: string, steps: readonly DryRunStep[]): DryRun {
  return { DryRun: true, Command: command, Target: driver.key, Mode: driver.mode, Steps: steps }
}

export function powerSteps(verb: PowerVerb, driver: PowerDriver, params: PowerParamValues): DryRunStep[] {
  const steps = stepsOf(verb, params).flatMap(({ when, send }) => step(when, driver.describe(send)))
  return [...step('always', driver.describe('status')), ...steps]
}

export function bootSteps(request: BootRequest, driver: PowerDriver): DryRunStep[] {
  return [...step('always', driver.describeBoot?.(request)), ...step('afterwards', driver.describe('getBoot'))]
}

export function otherSteps(sends: readonly (string | undefined)[]): DryRunStep[] {
  return sends.flatMap((send) => step('always', send))
}

function step(When: string, Send: string | undefined): DryRunStep[] {
  return Send === undefined ? [] : [{ When, Send }]
}
