import type { Personality, Quirks, RedfishService } from '@powerbus/redfish/service'
import type { Bmc, Clock } from 'node-ipmi/bmc'
import type { Listener, Place } from './listen-all.ts'
import type { SimulatedMachine } from './simulated-machine.ts'

/** A machine of the rack with its BMC, before anything listens. */
export interface Seat {
  readonly bmc: Bmc
  readonly machine: SimulatedMachine
  readonly guid: string
}

/** How the Redfish services of a rack look and behave. */
export interface RedfishFaceOptions {
  /** Default: no vendor's. */
  readonly personality?: Personality
  readonly quirks?: Partial<Quirks>
  /** False: plain HTTP, over which one can log in. Default: true. */
  readonly hasTls?: boolean
}

/** What all BMCs of a rack share. */
export interface RackOptions {
  readonly credentials: { readonly username: string; readonly password: string }
  readonly clock: Clock
  readonly redfish: RedfishFaceOptions
  /** Address of the first BMC. */
  readonly address: string
}

/** A protocol by which the machines of a rack are reached. */
export interface Face<L extends Listener> {
  /** First port where all BMCs have one address, and the port where each has its own. */
  readonly firstPort: number
  readonly ownPort: number
  readonly transport: 'UDP' | 'TCP'
  /** Prepares what all BMCs of the rack share, and returns what opens one. */
  readonly prepare: (options: RackOptions) => Promise<(seat: Seat, place: Place) => Promise<L>>
}

/** A Redfish service of a rack. */
export interface RedfishFace extends Listener {
  readonly service: RedfishService
  /** PEM of the certificate, which signs itself; empty without TLS. */
  readonly certificate: string
}
