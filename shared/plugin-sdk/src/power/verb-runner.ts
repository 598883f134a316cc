import { capable } from './capability.ts'
import type { PowerDriver } from './driver.ts'
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

export type VerbRunner = (turn: Turn) => Promise<PowerOutcome>

/** The verb with its driver, before anything is sent. Throws CAPABILITY_UNSUPPORTED where the driver cannot do it. */
export function verbRunner(
  verb: PowerVerb,
  driver: PowerDriver,
  command: string,
  params: PowerParamValues,
): VerbRunner {
  switch (verb) {
    case 'poweron': {
      const able = capable(driver, command, 'status', 'on')
      return (turn) => powerOn(turn, able)
    }
    case 'poweroff': {
      const able = capable(driver, command, 'status', 'off')
      return (turn) => powerOff(turn, able)
    }
    case 'powercycle': {
      const able = capable(driver, command, 'status', 'on', 'cycle')
      return (turn) => powerCycle(turn, able)
    }
    case 'powershutdown': {
      const able = capable(driver, command, 'status', 'soft')
      const force = params['power/force-after-soft'] ? capable(driver, command, 'status', 'off') : undefined
      return (turn) => powerShutdown(turn, able, params['power/soft-timeout'] * 1000, force)
    }
    case 'powerreset': {
      const able = capable(driver, command, 'status', 'reset')
      return (turn) => powerReset(turn, able)
    }
    case 'powerdiag': {
      const able = capable(driver, command, 'status', 'diag')
      return (turn) => powerDiag(turn, able)
    }
    case 'powerstatus': {
      const able = capable(driver, command, 'status')
      return (turn) => powerStatus(turn, able)
    }
  }
}
