import type { VirtualClock } from '@powerbus/testkit'
import { PowerbusError } from '../../src/errors.ts'
import type {
  BootRequest,
  BootSetting,
  Call,
  PowerConnection,
  PowerDriver,
  PowerOperation,
  PowerState,
} from '../../src/power/driver.ts'
import { connectedDriver } from './connected-driver.ts'

/**
 * What goes wrong with one command. `lost`: it is done, and the answer is missing. `vanished`: it is not done, and no answer.
 * `unanswered`: it is not done, and the driver knows that the BMC did not answer it; `late`: it is done after the driver said so.
 * `state`: refused as not possible in this state. `gone`: it is done and acknowledged, and nothing is answered after it.
 */
export type Fault =
  | 'ok'
  | 'busy'
  | 'timeout'
  | 'lost'
  | 'vanished'
  | 'credentials'
  | 'hang'
  | 'unanswered'
  | 'late'
  | 'state'
  | 'gone'

export interface FakeMachine {
  power: PowerState
  readonly cycles: number
  readonly resets: number
  readonly commands: readonly string[]
  /** Connections that were opened, and those that were closed. */
  readonly opened: number
  readonly closed: number
  readonly sentAtMs: readonly number[]
}

export interface FakeOptions {
  readonly clock: VirtualClock
  readonly power?: PowerState
  readonly key?: string
  /** How long a state takes to change after a command, in milliseconds. */
  readonly slowMs?: number
  /** How long a cycle stays off. */
  readonly offMs?: number
  /** Faults of the commands to come, by name of the method; `ok` when used up. */
  readonly faults?: Partial<Record<string, Fault[]>>
  /** The machine remembers a restart, and the driver can read it. */
  readonly restartCounter?: boolean
  /** The operating system obeys the power button after this time; never where absent. */
  readonly shutdownMs?: number
  /** What the BMC makes of a boot request. */
  readonly keepBoot?: (request: BootRequest) => BootSetting
  /** Acknowledges everything and does nothing. */
  readonly ignores?: boolean
  /** How long the BMC is away after an AC cycle; 60 s where absent. */
  readonly backMs?: number
  readonly without?: readonly (keyof PowerConnection)[]
}

/** How long a driver looks for the answer to a command that it sends once. */
const VERDICT_MS = 10_000

/** A machine in memory whose commands fail as told, and the driver for it. */
export function fakeDriver(options: FakeOptions): { driver: PowerDriver; machine: FakeMachine } {
  const { clock, faults = {}, slowMs = 0, offMs = 1000 } = options
  const forever = new AbortController().signal
  const commands: string[] = []
  const sentAtMs: number[] = []
  const machine = { power: options.power ?? 'off', cycles: 0, resets: 0, opened: 0, closed: 0, commands, sentAtMs }
  let boot: BootSetting = { device: 'none', persistent: false, efi: false, valid: false }
  /** The command that has not ended yet. */
  let running: symbol | undefined
  /** Nothing is answered any more. */
  let isGone = false

  const later = (delayMs: number, effect: () => void) => {
    if (delayMs === 0) effect()
    else void clock.sleep(delayMs, forever).then(effect)
  }
  const perform = {
    on: () =>
      later(slowMs, () => {
        machine.power = 'on'
      }),
    off: () =>
      later(slowMs, () => {
        machine.power = 'off'
      }),
    cycle: () => {
      machine.cycles++
      later(slowMs, () => {
        machine.power = 'off'
      })
      later(slowMs + offMs, () => {
        machine.power = 'on'
      })
    },
    reset: () => {
      machine.resets++
    },
    diag: () => {
      machine.resets++
    },
    soft: () => {
      if (options.shutdownMs !== undefined)
        later(options.shutdownMs, () => {
          machine.power = 'off'
        })
    },
    acCycle: () => {
      isGone = true
      later(options.backMs ?? 60_000, () => {
        isGone = false
      })
    },
  }

  /** What may not be done twice is sent no matter what, so its outcome is not known. */
  async function noAnswer(name: string, call: Call): Promise<never> {
    const once = ['cycle', 'reset', 'diag', 'soft', 'acCycle'].includes(name)
    await clock.sleep(once ? Math.min(call.timeoutMs, VERDICT_MS) : call.timeoutMs, call.signal)
    throw new PowerbusError(once ? 'OUTCOME_UNKNOWN' : 'TARGET_TIMEOUT', 'no answer')
  }

  async function answer<T>(name: string, call: Call, effect: () => T): Promise<T> {
    if (isGone) return noAnswer(name, call)
    switch (faults[name]?.shift()) {
      case 'unanswered':
        await clock.sleep(VERDICT_MS, call.signal)
        throw new PowerbusError('NOT_ANSWERED', 'not answered')
      case 'late':
        await clock.sleep(VERDICT_MS, call.signal)
        effect()
        throw new PowerbusError('NOT_ANSWERED', 'not answered')
      case 'state':
        throw new PowerbusError('TARGET_STATE', 'not in this state')
      case 'gone':
        isGone = true
        return effect()
      case 'busy':
        throw new PowerbusError('TARGET_BUSY', 'node busy')
      case 'credentials':
        throw new PowerbusError('AUTH_FAILED', 'wrong password')
      case 'timeout':
        await clock.sleep(call.timeoutMs, call.signal)
        throw new PowerbusError('TARGET_TIMEOUT', 'no answer')
      case 'lost':
        effect()
        return await noAnswer(name, call)
      case 'vanished':
        return await noAnswer(name, call)
      case 'hang':
        running = undefined
        await clock.sleep(1e9, forever)
        throw new Error('nobody waits so long')
      default:
        return effect()
    }
  }

  async function command<T>(name: string, call: Call, effect: () => T): Promise<T> {
    if (running) throw new Error(`${name} runs over another command`)
    const self = Symbol(name)
    running = self
    commands.push(name)
    sentAtMs.push(clock.nowMs())
    try {
      return await answer(name, call, effect)
    } finally {
      if (running === self) running = undefined
    }
  }

  const nothing = () => undefined
  const operation = (name: PowerOperation) => (call: Call) =>
    command(name, call, options.ignores ? nothing : perform[name])
  const connection: PowerConnection = {
    status: (call) => command('status', call, () => machine.power),
    on: operation('on'),
    off: operation('off'),
    cycle: operation('cycle'),
    reset: operation('reset'),
    diag: operation('diag'),
    soft: operation('soft'),
    acCycle: operation('acCycle'),
    getBoot: (call) => command('getBoot', call, () => boot),
    setBoot: (request, call) =>
      command('setBoot', call, () => {
        boot = options.keepBoot?.(request) ?? { ...request, valid: true }
      }),
    ...(options.restartCounter && {
      restartMark: (call: Call) => command('restartMark', call, () => String(machine.cycles + machine.resets)),
      outcomeOf: async (_operation: string, before: string, call: Call) => {
        const now = await command('outcomeOf', call, () => String(machine.cycles + machine.resets))
        return now === before ? ('unknown' as const) : ('done' as const)
      },
    }),
    async close() {
      machine.closed++
    },
  }
  for (const method of options.without ?? []) delete connection[method]
  const open = async () => {
    machine.opened++
    return connection
  }
  return { driver: connectedDriver(connection, { open, ...(options.key && { key: options.key }) }), machine }
}
