import { listenBmc } from 'node-ipmi/bmc'
import type { Face, RedfishFace } from './face.ts'
import type { Listener } from './listen-all.ts'

/** The protocols of a rack by name. */
export const faces = {
  ipmi: {
    firstPort: 6230,
    ownPort: 623,
    transport: 'UDP',
    prepare: async () => (seat, place) => listenBmc(seat.bmc, place),
  } satisfies Face<Listener>,
  redfish: {
    firstPort: 8430,
    ownPort: 443,
    transport: 'TCP',
    // Loaded for racks that have it.
    prepare: async (options) => (await import('./redfish-face.ts')).prepareRedfishFace(options),
  } satisfies Face<RedfishFace>,
  racadm: {
    firstPort: 8530,
    ownPort: 443,
    transport: 'TCP',
    prepare: async ({ credentials }) => {
      const { startRacadm } = await import('./racadm/start-racadm.ts')
      return (seat, place) => startRacadm({ ...place, machine: seat.bmc.machine, credentials })
    },
  } satisfies Face<Listener>,
  // An HMC for each machine, which is its one partition.
  lpar: {
    firstPort: 12_443,
    ownPort: 12_443,
    transport: 'TCP',
    prepare: async ({ credentials }) => {
      const { startHmc } = await import('./hmc/start-hmc.ts')
      return (seat, place) => startHmc({ ...place, machines: [seat.machine], credentials })
    },
  } satisfies Face<Listener>,
} as const

export type FaceName = keyof typeof faces
export const faceNames = Object.keys(faces) as FaceName[]
