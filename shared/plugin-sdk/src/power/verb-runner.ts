import { powerAcCycle } from './ac-cycle.ts'
import { type Able, capable } from './capability.ts'
import type { PowerConnection, PowerDriver, PowerOperation } from './driver.ts'
import { powerCycle, powerDiag, powerReset, powerShutdown } from './once-verbs.ts'
import { type PowerOutcome, powerOff, powerOn, powerStatus } from './power-verbs.ts'
import type { Turn } from './turn.ts'
import { type PowerVerb, stepsOf, type VerbParams } from './verbs.ts'

export interface VerbRunner {
  readonly driver: PowerDriver
  run(turn: Turn<PowerConnection>): Promise<PowerOutcome>
}

type Run = (turn: Turn<Able<'status' | PowerOperation>>, params: VerbParams) => Promise<PowerOutcome>

/** Each calls `status`, and what the steps of its verb send. */
const runs: Readonly<Record<PowerVerb, Run>> = {
  poweron: powerOn,
  poweroff: powerOff,
  powercycle: powerCycle,
  powershutdown: powerShutdown,
  powerreset: powerReset,
  powerdiag: powerDiag,
  powerstatus: powerStatus,
  accycle: powerAcCycle,
}

/** The verb at this driver, before anything is sent. Throws CAPABILITY_UNSUPPORTED where the driver cannot do it. */
export function verbRunner(verb: PowerVerb, driver: PowerDriver, command: string, params: VerbParams): VerbRunner {
  const sends = stepsOf(verb, params).map(({ send }) => send)
  return {
    driver: capable(driver, command, ['status', ...sends]),
    run: (turn) => runs[verb](turn as Parameters<Run>[0], params),
  }
}
