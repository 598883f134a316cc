import { type BootRequest, createPowerEngine, type PowerVerb, Secret } from '@powerbus/plugin-sdk'
import type { Coordinator, PowerContext } from '@powerbus/plugin-sdk/power'
import { VirtualClock } from '@powerbus/testkit'
import { IpmiClient, MemoryNetwork, type MemoryPacket } from 'node-ipmi'
import { type BmcFaults, type ChassisControlName, createBmc, listenBmc, seededRandom } from 'node-ipmi/bmc'
import { rmcpPlus } from '../src/rmcp-plus/rmcp-plus.ts'
import type { Target } from '../src/target.ts'

const ADDRESS = '10.0.0.1'
const target: Target = {
  address: ADDRESS,
  port: 0,
  username: 'admin',
  password: new Secret('secret'),
  workarounds: [],
}
const params: PowerContext['params'] = {
  'power/timeout': 60,
  'power/soft-timeout': 600,
  'power/force-after-soft': false,
  'power/protected': false,
  'power/dry-run': false,
}

export interface MemoryBmcOptions {
  readonly isOn?: boolean
  readonly faults?: Partial<BmcFaults>
  readonly coordinator?: (clock: VirtualClock) => Coordinator
  /** Packets that arrive in place of this one: none where it is lost. */
  readonly alter?: (packet: MemoryPacket) => MemoryPacket[]
}

/** One machine behind a BMC, and a power engine with the rmcp-plus driver for it, in memory and on a virtual clock. */
export async function memoryBmc({ isOn = false, faults = {}, coordinator, alter }: MemoryBmcOptions = {}) {
  const clock = new VirtualClock()
  const machine = { isOn, orders: [] as ChassisControlName[] }
  const bmc = createBmc({
    clock,
    random: seededRandom(1),
    users: [{ name: 'admin', password: 'secret' }],
    faults,
    chassis: {
      isOn: () => machine.isOn,
      control(verb) {
        machine.orders.push(verb)
        if (verb === 'powerCycle') {
          machine.isOn = false
          clock.after(1000, () => {
            machine.isOn = true
          })
        } else if (verb === 'powerUp' || verb === 'powerDown')
          clock.after(300, () => {
            machine.isOn = verb === 'powerUp'
          })
        return 'accepted'
      },
    },
  })
  const network = new MemoryNetwork({ clock, random: () => 0.5, delayMs: 1, ...(alter && { alter }) })
  await listenBmc(bmc, { address: ADDRESS, port: 623, transport: network })
  const client = new IpmiClient({ transport: network, clock, random: seededRandom(2) })
  const driver = rmcpPlus(client).driver(target)
  const engine = createPowerEngine({
    clock,
    random: () => 0.5,
    ...(coordinator && { coordinator: coordinator(clock) }),
  })
  const context = (command: string, signal: AbortSignal): PowerContext => ({
    command,
    requestId: 'request',
    signal,
    deadlineMs: Number.POSITIVE_INFINITY,
    params,
  })
  const forever = new AbortController().signal
  return {
    bmc,
    clock,
    machine,
    client,
    engine,
    driver,
    power: (verb: PowerVerb, signal = forever) => clock.run(engine.power(verb, driver, context(verb, signal))),
    setBoot: (request: BootRequest) => clock.run(engine.setBoot(request, driver, context('nextbootpxe', forever))),
  }
}
