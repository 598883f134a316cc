import { randomUUID } from 'node:crypto'
import { type Bmc, type BmcFaults, type Clock, createBmc, pooledRandom, seededRandom, systemClock } from 'node-ipmi/bmc'
import type { RackOptions, RedfishFace, RedfishFaceOptions, Seat } from './face.ts'
import { type FaceName, faces } from './faces.ts'
import { closeAll, type LabPlaces, type Listener, listenAll, type Place } from './listen-all.ts'
import { type MachineTimes, SimulatedMachine } from './simulated-machine.ts'

export interface LabOptions extends LabPlaces {
  readonly count: number
  readonly credentials: { readonly username: string; readonly password: string }
  /** Protocols by which each machine is reached; default: ipmi. */
  readonly faces?: readonly FaceName[]
  readonly redfish?: RedfishFaceOptions
  /** Faults of all BMCs. Each BMC has its own copy, which the caller may change at any time. */
  readonly faults?: BmcFaults
  readonly times?: Partial<MachineTimes>
  /** The machines are on from the beginning; default: off. */
  readonly isOn?: boolean
  /** Makes the faults repeatable, and also the session keys: not for secrets. */
  readonly seed?: number
  readonly clock?: Clock
}

/** Where each face of a machine listens. */
export interface LabFaces {
  readonly ipmi?: Place
  readonly redfish?: RedfishFace
  readonly racadm?: Place
  readonly lpar?: Place
}

export interface LabBmc {
  readonly bmc: Bmc
  /** Of the first face. */
  readonly address: string
  readonly port: number
  readonly faces: LabFaces
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
 * Starts a rack of simulated machines, each with its own BMC, which all its faces share: what one protocol does, the
 * others show. If an address cannot be bound, closes all sockets and rejects with the system's error. Rejects with
 * RangeError if there are not enough addresses or ports.
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { count, faces: names = ['ipmi'] } = options
  if (!Number.isInteger(count) || count < 0) throw new RangeError('count must be a whole number of machines, 0 or more')
  if (names.length === 0) throw new RangeError('faces must name at least one protocol')
  const seats = Array.from({ length: count }, (_, index) => buildSeat(options, index))
  const opened: Record<string, readonly Listener[]> = {}
  const close = async () => {
    for (const { machine } of seats) machine.close()
    await closeAll(Object.values(opened).flat())
  }
  try {
    for (const name of names) opened[name] = await openFace(name, seats, options)
  } catch (error) {
    await close()
    throw error
  }
  const bmcs = seats.flatMap((seat, index): LabBmc[] => {
    const own = Object.fromEntries(names.map((name) => [name, opened[name]?.[index]])) as LabFaces
    const first = own[names[0] as FaceName]
    return first ? [{ ...seat, address: first.address, port: first.port, faces: own }] : []
  })
  return { bmcs, machines: seats.map(({ machine }) => machine), close }
}

async function openFace(name: FaceName, seats: readonly Seat[], options: LabOptions): Promise<readonly Listener[]> {
  const { credentials, clock = systemClock, redfish = {}, address = '127.0.0.1' } = options
  const { prepare, firstPort, ownPort } = faces[name]
  const rack: RackOptions = { credentials, clock, redfish, address }
  const open = await prepare(rack)
  const opens = seats.map(
    (seat) =>
      (place: Place): Promise<Listener> =>
        open(seat, place),
  )
  return await listenAll(opens, {
    ...options,
    port: options.port ?? (options.spread === 'address' ? ownPort : firstPort),
  })
}

/** Of all BMCs of the process: the system is asked once for hundreds of sessions. */
const random = pooledRandom()

function buildSeat({ clock = systemClock, times = {}, isOn = false, ...options }: LabOptions, index: number): Seat {
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
