import { type RacadmOptions, SimulatedMachine, startRacadm } from '@powerbus/lab'
import { Secret, systemClock } from '@powerbus/plugin-sdk/power'
import { createBmc, systemClock as ipmiClock, seededRandom } from 'node-ipmi/bmc'
import type { Test } from 'tap'
import { racadm } from '../../src/racadm/racadm.ts'
import type { RacadmConnection } from '../../src/racadm/racadm-connection.ts'
import type { RacadmOptions as RacadmTarget, Target } from '../../src/target.ts'
import { powerActions } from '../power-actions.ts'

export interface RacBenchOptions extends Partial<RacadmOptions> {
  readonly isOn?: boolean
  readonly target?: Partial<Target>
  readonly transport?: RacadmTarget['transport']
}

/** Hardware that is quick, and off for so long that a cycle is seen. */
export const times = { powerUpMs: 50, powerDownMs: 50, cycleOffMs: 800, softShutdownMs: 100 }

/** A machine behind an emulated RAC, the driver for it, and a power engine on the system's clock. */
export async function racBench(t: Pick<Test, 'teardown'>, options: RacBenchOptions = {}) {
  const { isOn = false, transport = 'cgi', target: more = {}, ...rest } = options
  const machine = new SimulatedMachine({ isOn, times })
  const users = [{ name: 'root', password: 'calvin' }]
  const { machine: control } = createBmc({ chassis: machine, users, clock: ipmiClock, random: seededRandom(1) })
  const rac = await startRacadm({
    machine: control,
    credentials: { username: 'root', password: 'calvin&<1>' },
    ...rest,
  })
  t.teardown(async () => {
    machine.close()
    await rac.close()
  })
  const factory = racadm()
  const target: Target = {
    address: '127.0.0.1',
    port: rac.port,
    username: 'root',
    password: new Secret('calvin&<1>'),
    workarounds: [],
    racadm: { transport },
    ...more,
  }
  const driver = factory.driver(target)
  /** A connection to it; with other fields of the target. */
  const open = async (fields: Partial<Target> = {}) =>
    (await factory.driver({ ...target, ...fields }).open(call())) as RacadmConnection
  return {
    machine,
    rac,
    factory,
    target,
    driver,
    open,
    clock: systemClock,
    ...powerActions(driver),
    /** Sessions of all faces. */
    openSessions: () => rac.cgi.sessions.size + rac.ssh.connections,
  }
}

export const call = () => ({ signal: new AbortController().signal, timeoutMs: 10_000 })
