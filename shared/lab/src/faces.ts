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
} as const

export type FaceName = keyof typeof faces
export const faceNames = Object.keys(faces) as FaceName[]
