import { type MemoryFaults, MemoryNetwork, type MemoryPacket, VirtualClock } from '@powerbus/testkit'
import {
  type Bmc,
  type BmcOptions,
  type ChassisControlName,
  createBmc,
  listenBmc,
  seededRandom,
} from '../../src/bmc/index.ts'
import { IpmiClient, type IpmiClientOptions } from '../../src/client/ipmi-client.ts'
import type { Target } from '../../src/client/target.ts'

export interface LabBmc {
  readonly bmc: Bmc
  readonly target: Target
  /** Chassis Controls that the machine executed. */
  readonly orders: ChassisControlName[]
  on: boolean
}

export interface MemoryLab {
  readonly clock: VirtualClock
  readonly network: MemoryNetwork
  readonly client: IpmiClient
  /** All datagrams sent, by client and BMCs. */
  readonly sent: MemoryPacket[]
  addBmc(options?: Partial<BmcOptions>): Promise<LabBmc>
  random(): number
}

/** BMCs and a client in memory on a virtual clock; a seed always gives the same run. */
export function memoryLab(faults: MemoryFaults = {}, options: IpmiClientOptions = {}, seed = 1): MemoryLab {
  const clock = new VirtualClock(0)
  const bytes = seededRandom(seed)
  const random = () => {
    const [a = 0, b = 0, c = 0] = bytes(3)
    return (a * 65536 + b * 256 + c) / 2 ** 24
  }
  const sent: MemoryPacket[] = []
  const { alter, ...others } = faults
  const record = (packet: MemoryPacket) => {
    sent.push(packet)
    return alter?.(packet) ?? [packet]
  }
  const network = new MemoryNetwork({ clock, random, delayMs: 1, ...others, alter: record })
  const client = new IpmiClient({ transport: network, clock, random: seededRandom(seed + 1), ...options })
  let count = 0
  return {
    clock,
    network,
    client,
    sent,
    random,
    async addBmc(bmcOptions = {}) {
      const n = count++
      const lab: { on: boolean; orders: ChassisControlName[] } = { on: true, orders: [] }
      const bmc = createBmc({
        clock,
        random: seededRandom(1000 + n + seed),
        users: [{ name: 'admin', password: 'secret' }],
        chassis: {
          isOn: () => lab.on,
          control(verb) {
            lab.orders.push(verb)
            if (verb === 'powerUp') lab.on = true
            if (verb === 'powerDown') lab.on = false
            return 'accepted'
          },
        },
        ...bmcOptions,
      })
      const address = `10.0.${n >> 8}.${n & 255}`
      await listenBmc(bmc, { address, port: 623, transport: network })
      return Object.assign(lab, { bmc, target: { address, username: 'admin', password: 'secret' } })
    },
  }
}

/** A BMC that never answers. */
export const silentTarget: Target = { address: '10.255.0.1', username: 'admin', password: 'secret' }
