import { randomUUID } from 'node:crypto'
import { type Bmc, type BmcFaults, type Clock, createBmc, pooledRandom, seededRandom, systemClock } from 'node-ipmi/bmc'
import { closeAll, type LabPlaces, listenAll } from './listen-all.ts'
import { type MachineTimes, SimulatedMachine } from './simulated-machine.ts'

export interface LabOptions extends LabPlaces {
  readonly count: number
  readonly credentials: { readonly username: string; readonly password: string }
  /** Faults of all BMCs. Each BMC has its own copy, which the caller may change at any time. */
  readonly faults?: BmcFaults
  readonly times?: Partial<MachineTimes>
  /** The machines are on from the beginning; default: off. */
  readonly isOn?: boolean
  /** Makes the faults repeatable, and also the session keys: not for secrets. */
  readonly seed?: number
  readonly clock?: Clock
}

export interface LabBmc {
  readonly bmc: Bmc
  readonly address: string
  readonly port: number
  readonly guid: string
  readonly machine: SimulatedMachine
}

/** A running rack, in order of addresses or ports. */
export interface Lab {
  readonly bmcs: readonly LabBmc[]
  readonly machines: readonly SimulatedMachine[]
  close(): Promise<void>
}

/**
 * Starts a rack of simulated machines, each with its own BMC. If an address cannot be bound, closes all sockets and
 * rejects with the system's error. Rejects with RangeError if there are not enough addresses or ports.
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { count } = options
  if (!Number.isInteger(count) || count < 0) throw new RangeError('count must be a whole number of machines, 0 or more')
  const seats = Array.from({ length: count }, (_, index) => buildSeat(options, index))
  const listeners = await listenAll(
    seats.map(({ bmc }) => bmc),
    options,
  )
  const bmcs = seats.flatMap((seat, index) => {
    const listener = listeners[index]
    return listener ? [{ ...seat, address: listener.address, port: listener.port }] : []
  })
  return {
    bmcs,
    machines: seats.map(({ machine }) => machine),
    async close() {
      for (const { machine } of seats) machine.close()
      await closeAll(listeners)
    },
  }
}

/** Of all BMCs of the process: the system is asked once for hundreds of sessions. */
const random = pooledRandom()

function buildSeat({ clock = systemClock, times = {}, isOn = false, ...options }: LabOptions, index: number) {
  const { credentials, seed, faults } = options
  const guid = randomUUID()
  const machine = new SimulatedMachine({ clock, times, isOn })
  const bmc = createBmc({
    chassis: machine,
    users: [{ name: credentials.username, password: credentials.password }],
    guid,
    faults: { ...faults, ...(faults?.rules && { rules: faults.rules.map((rule) => ({ ...rule })) }) },
    clock,
    random: seed === undefined ? random : seededRandom(seed + index),
  })
  return { machine, bmc, guid }
}
