import { type HmcOptions, SimulatedMachine, startHmc } from '@powerbus/lab'
import { Secret, systemClock } from '@powerbus/plugin-sdk/power'
import type { Test } from 'tap'
import { HmcSessions } from '../../src/lpar/hmc-sessions.ts'
import { lpar } from '../../src/lpar/lpar.ts'
import type { LparConnection } from '../../src/lpar/lpar-connection.ts'
import type { Target } from '../../src/target.ts'
import { powerActions } from '../power-actions.ts'

export interface HmcBenchOptions extends Partial<HmcOptions> {
  readonly isOn?: boolean
  /** Milliseconds until an idle session is logged off. */
  readonly idleMs?: number
}

/** Hardware that is quick, and off for so long that a restart is seen. */
const times = { powerUpMs: 50, powerDownMs: 50, cycleOffMs: 800, softShutdownMs: 100 }

export const call = (timeoutMs = 10_000) => ({ signal: new AbortController().signal, timeoutMs })

/** An emulated HMC with five partitions, and the driver for one of them; on the system's clock. */
export async function hmcBench(t: Pick<Test, 'teardown'>, options: HmcBenchOptions = {}) {
  const { isOn = false, idleMs, ...rest } = options
  const machines = Array.from({ length: 5 }, () => new SimulatedMachine({ isOn, times }))
  const hmc = await startHmc({ machines, credentials: { username: 'hscroot', password: 'abc&<123>' }, ...rest })
  const factory = lpar({ sessions: new HmcSessions(idleMs), pauses: { firstMs: 30, mostMs: 100 } })
  t.teardown(async () => {
    await factory.close()
    for (const machine of machines) machine.close()
    await hmc.close()
  })
  const partition = hmc.systems[0]?.partitions[1]
  if (!partition) throw new Error('the HMC has no second partition')
  const target: Target = {
    address: '127.0.0.1',
    port: hmc.port,
    username: 'hscroot',
    password: new Secret('abc&<123>'),
    workarounds: [],
    lparId: partition.uuid,
  }
  const driver = factory.driver(target)
  /** A connection to it; with other fields of the target. */
  const open = async (fields: Partial<Target> = {}) =>
    (await factory.driver({ ...target, ...fields }).open(call())) as LparConnection
  return {
    hmc,
    partition,
    machine: partition.machine,
    factory,
    target,
    driver,
    open,
    clock: systemClock,
    ...powerActions(driver),
  }
}
