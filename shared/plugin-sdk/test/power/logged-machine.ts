import { appendFileSync, readFileSync } from 'node:fs'
import { PowerbusError } from '../../src/errors.ts'
import type { OnceOperation, PowerConnection, PowerDriver, PowerState } from '../../src/power/driver.ts'
import { connectedDriver } from './connected-driver.ts'

export interface LoggedMachine {
  readonly driver: PowerDriver
  /** What was sent to it so far, reads left out, with the process that sent it: `cycle 123`. */
  changes(): string[]
}

export interface LoggedMachineOptions {
  /** Keeps what was sent, for whatever processes. */
  readonly file: string
  readonly power: PowerState
  /** Whether it counts its restarts, and the driver can read that. */
  readonly hasEvidence: boolean
  /** The first operation that must not be done twice is not executed, and its driver knows that it was not answered. */
  readonly isUnanswered?: boolean
  /** Called at steps of a command: what it waits for is a good moment to die. */
  readonly at?: (step: 'read' | 'unanswered' | 'before-send' | 'after-send') => Promise<void>
}

/** A machine whose commands are lines of a file, so that it outlives the process that sends them. */
export function loggedMachine({ file, power, hasEvidence, isUnanswered, at }: LoggedMachineOptions): LoggedMachine {
  let unanswered = isUnanswered ? 1 : 0
  const lines = () => readFileSync(file, { encoding: 'utf8', flag: 'a+' }).split('\n').slice(0, -1)
  const changes = () => lines().filter((line) => !line.startsWith('seen-off'))
  const restarts = () => changes().filter((line) => /^(cycle|reset|diag) /.test(line)).length
  const send = (operation: 'on' | 'off' | OnceOperation) => async () => {
    if (operation !== 'on' && operation !== 'off' && unanswered-- > 0) {
      await at?.('unanswered')
      throw new PowerbusError('NOT_ANSWERED', 'not answered')
    }
    await at?.('before-send')
    appendFileSync(file, `${operation} ${process.pid}\n`)
    await at?.('after-send')
  }
  const state = (): PowerState => {
    const last = lines().at(-1)?.split(' ')[0]
    if (last !== 'cycle') return last === 'off' ? 'off' : last === undefined ? power : 'on'
    // A cycle is seen once as off.
    appendFileSync(file, `seen-off ${process.pid}\n`)
    return 'off'
  }
  const connection: PowerConnection = {
    async status() {
      await at?.('read')
      return state()
    },
    on: send('on'),
    off: send('off'),
    cycle: send('cycle'),
    reset: send('reset'),
    ...(hasEvidence && {
      restartMark: async () => `${restarts()}`,
      outcomeOf: async (_operation: OnceOperation, before: string) =>
        before === `${restarts()}` ? ('unknown' as const) : ('done' as const),
    }),
  }
  return { driver: connectedDriver(connection, { key: file }), changes }
}
