import type { BootRequest, PowerDriver } from './driver.ts'
import type { PowerParamValues } from './params.ts'
import { type PowerVerb, powerVerbs } from './verbs.ts'

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
  const steps = powerVerbs[verb].steps.map(({ when, send }) => ({ When: when, Send: driver.describe(send) }))
  if (verb === 'powershutdown' && params['power/force-after-soft'])
    steps.push({ When: 'it is still on after power/soft-timeout', Send: driver.describe('off') })
  return [{ When: 'always', Send: driver.describe('status') }, ...steps]
}

export function bootSteps(request: BootRequest, driver: PowerDriver): DryRunStep[] {
  const send = driver.describeBoot?.(request) ?? `boot device ${request.device}`
  return [
    { When: 'always', Send: send },
    { When: 'afterwards', Send: driver.describe('getBoot') },
  ]
}

export function otherSteps(sends: readonly string[]): DryRunStep[] {
  return sends.map((send) => ({ When: 'always', Send: send }))
}
