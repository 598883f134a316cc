import { type Able, type Capability, capable } from './capability.ts'
import type { PowerConnection, PowerDriver } from './driver.ts'
import type { PowerParamValues } from './params.ts'
import {
  type PowerOutcome,
  powerCycle,
  powerDiag,
  powerOff,
  powerOn,
  powerReset,
  powerShutdown,
  powerStatus,
} from './power-verbs.ts'
import type { Turn } from './turn.ts'
import type { PowerVerb } from './verbs.ts'

export interface VerbRunner {
  readonly driver: PowerDriver
  run(turn: Turn<PowerConnection>): Promise<PowerOutcome>
}

/** The params that powershutdown alone has. */
type SoftParams = Pick<PowerParamValues, 'power/soft-timeout' | 'power/force-after-soft'>

/** The verb at this driver, before anything is sent. Throws CAPABILITY_UNSUPPORTED where the driver cannot do it. */
export function verbRunner(
  verb: PowerVerb,
  driver: PowerDriver,
  command: string,
  params: SoftParams = { 'power/soft-timeout': 0, 'power/force-after-soft': false },
): VerbRunner {
  function runner<Method extends Capability>(
    needs: readonly Method[],
    run: (turn: Turn<Able<Method>>) => Promise<PowerOutcome>,
  ): VerbRunner {
    return { driver: capable(driver, command, needs), run }
  }
  switch (verb) {
    case 'poweron':
      return runner(['status', 'on'], powerOn)
    case 'poweroff':
      return runner(['status', 'off'], powerOff)
    case 'powercycle':
      return runner(['status', 'on', 'cycle'], powerCycle)
    case 'powershutdown': {
      const softTimeoutMs = params['power/soft-timeout'] * 1000
      return params['power/force-after-soft']
        ? runner(['status', 'soft', 'off'], (turn) => powerShutdown(turn, softTimeoutMs, () => powerOff(turn)))
        : runner(['status', 'soft'], (turn) => powerShutdown(turn, softTimeoutMs))
    }
    case 'powerreset':
      return runner(['status', 'reset'], powerReset)
    case 'powerdiag':
      return runner(['status', 'diag'], powerDiag)
    case 'powerstatus':
      return runner(['status'], powerStatus)
  }
}
