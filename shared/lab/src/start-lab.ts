import { randomBytes, randomUUID } from 'node:crypto'
import { type Bmc, type BmcFaults, type Clock, createBmc, seededRandom, systemClock } from 'node-ipmi/bmc'
import { closeAll, type LabPlaces, listenAll } from './listen-all.ts'
import type { MachineState } from './machine-state.ts'
import { type MachineTimes, SimulatedMachine } from './simulated-machine.ts'

/** What one machine of the rack was, before this lab. */
export interface LabSeat {
  /** Of the system; default: random. */
  readonly guid?: string
  readonly state?: MachineState
  /** Told of every change of what the machine keeps. */
  onChange?(state: MachineState): void
}

export interface LabOptions extends LabPlaces {
  readonly count: number
  readonly credentials: { readonly username: string; readonly password: string }
  /** Of all BMCs; each has its own copy, to be changed at any time. */
  readonly faults?: BmcFaults
  readonly times?: Partial<MachineTimes>
  readonly seat?: (index: number) => LabSeat
  /** Makes faults repeatable; the keys of sessions too, so only for trying things out. */
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

/** A running rack, in the order of its addresses or ports. */
export interface Lab {
  readonly bmcs: readonly LabBmc[]
  readonly machines: readonly SimulatedMachine[]
  close(): Promise<void>
}

/**
 * Starts a rack of simulated machines, each behind a BMC of its own. Rejects with the system's error, and with nothing
 * left open, where one of them cannot have its address; with a RangeError where there are not that many.
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { count } = options
  if (!Number.isInteger(count) || count < 0) throw new RangeError('count: a whole number of machines')
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

function buildSeat(options: LabOptions, index: number) {
  const { guid = randomUUID(), state, onChange } = options.seat?.(index) ?? {}
  const { clock = systemClock, times = {}, credentials, seed } = options
  const machine = new SimulatedMachine({
    clock,
    times,
    ...(state && { state }),
    ...(onChange && { onChange }),
  })
  const bmc = createBmc({
    chassis: machine,
    users: [{ name: credentials.username, password: credentials.password }],
    guid,
    faults: { ...options.faults },
    ...(state?.bootFlags && { bootFlags: state.bootFlags }),
    clock,
    random: seed === undefined ? randomBytes : seededRandom(seed + index),
  })
  return { machine, bmc, guid }
}
