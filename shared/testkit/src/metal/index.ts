export { type FaultyMetalApi, type FaultyMetalApiOptions, startFaultyMetalApi } from './faulty-metal-api.ts'
export type { MetalFault, PlacedFault } from './metal-faults.ts'
