import { type BootRequest, type Call, createPowerEngine, type PowerVerb, Secret } from '@powerbus/plugin-sdk'
import type { Coordinator, PowerContext } from '@powerbus/plugin-sdk/power'
import { MemoryNetwork, type MemoryPacket, VirtualClock } from '@powerbus/testkit'
import { IpmiClient } from 'node-ipmi'
import {
  type BmcFaults,
  type BootFlags,
  type Chassis,
  type ChassisControlName,
  createBmc,
  listenBmc,
  seededRandom,
} from 'node-ipmi/bmc'
import type { BmcConnection } from '../src/driver.ts'
import { KeptSessions } from '../src/rmcp-plus/kept-sessions.ts'
import * as records from '../src/rmcp-plus/records.ts'
import { rmcpPlus } from '../src/rmcp-plus/rmcp-plus.ts'
import type { Target } from '../src/target.ts'

const ADDRESS = '10.0.0.1'
export const rightTarget: Target = {
  address: ADDRESS,
  port: 0,
  username: 'admin',
  password: new Secret('secret'),
  workarounds: [],
}
const defaultParams: PowerContext['params'] = {
  'power/timeout': 60,
  'power/soft-timeout': 600,
  'power/force-after-soft': false,
  'power/resend': false,
  'power/protected': false,
  'power/dry-run': false,
}

export interface MemoryBmcOptions {
  readonly isOn?: boolean
  readonly faults?: Partial<BmcFaults>
  readonly sensors?: Pick<Chassis, 'sensors' | 'sensorValue'>
  readonly coordinator?: (clock: VirtualClock) => Coordinator
  /** Packets that arrive in place of this one: none where it is lost. */
  readonly alter?: (packet: MemoryPacket) => MemoryPacket[]
  readonly target?: Partial<Target>
  readonly params?: Partial<PowerContext['params']>
}

/** One machine behind a BMC, and a power engine with the rmcp-plus driver for it, in memory and on a virtual clock. */
export async function memoryBmc(options: MemoryBmcOptions = {}) {
  const { isOn = false, faults = {}, coordinator, alter } = options
  const clock = new VirtualClock()
  const machine = { isOn, orders: [] as ChassisControlName[], bootFlags: undefined as BootFlags | undefined }
  const later = (delayMs: number, on: boolean) =>
    clock.after(delayMs, () => {
      machine.isOn = on
    })
  const bmc = createBmc({
    clock,
    random: seededRandom(1),
    users: [{ name: 'admin', password: 'secret' }],
    faults,
    inventory: { manufacturer: 'Powerbus', product: 'Lab machine', serialNumber: '0042' },
    chassis: {
      ...options.sensors,
      isOn: () => machine.isOn,
      control(verb) {
        machine.orders.push(verb)
        if (verb === 'powerCycle') {
          machine.isOn = false
          later(1000, true)
        } else if (verb !== 'hardReset' && verb !== 'diagnosticInterrupt') later(300, verb === 'powerUp')
        return 'accepted'
      },
      bootFlagsChanged(flags) {
        machine.bootFlags = flags
      },
    },
  })
  const network = new MemoryNetwork({ clock, random: () => 0.5, delayMs: 1, ...(alter && { alter }) })
  await listenBmc(bmc, { address: ADDRESS, port: 623, transport: network })
  const client = new IpmiClient({ transport: network, clock, random: seededRandom(2) })
  const factory = rmcpPlus(client, new KeptSessions(clock), async () => records)
  const driver = factory.driver({ ...rightTarget, ...options.target })
  const engine = createPowerEngine({
    clock,
    random: () => 0.5,
    ...(coordinator && { coordinator: coordinator(clock) }),
  })
  const forever = new AbortController().signal
  const context = (command: string, more: Partial<PowerContext['params']>, signal = forever): PowerContext => ({
    command,
    requestId: 'request',
    signal,
    deadlineMs: Number.POSITIVE_INFINITY,
    params: { ...defaultParams, ...options.params, ...more },
  })
  return {
    bmc,
    clock,
    machine,
    client,
    factory,
    engine,
    driver,
    count: (verb: ChassisControlName) => machine.orders.filter((order) => order === verb).length,
    /** One piece of work on a connection of its own. */
    ask: async <T>(work: (connection: BmcConnection, call: Call) => Promise<T> | undefined, timeoutMs = 15_000) => {
      const call = { signal: forever, timeoutMs }
      const connection = await driver.open(call)
      try {
        return await clock.run(Promise.resolve(work(connection, call)))
      } finally {
        await connection.close?.(call)
      }
    },
    power: (verb: PowerVerb, signal?: AbortSignal) => clock.run(engine.power(verb, driver, context(verb, {}, signal))),
    /** As `power`, for the same BMC with other fields of the target. */
    powerAs: (target: Partial<Target>, verb: PowerVerb) =>
      clock.run(engine.power(verb, factory.driver({ ...rightTarget, ...target }), context(verb, {}))),
    setBoot: (request: BootRequest, more: Partial<PowerContext['params']> = {}) =>
      clock.run(engine.setBoot(request, driver, context('nextbootpxe', more))),
  }
}
