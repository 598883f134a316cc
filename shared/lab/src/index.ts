import type { EmulatedHmc, HmcOptions } from './hmc/start-hmc.ts'
import type { EmulatedRac, RacadmOptions } from './racadm/start-racadm.ts'

export type { RedfishFace, RedfishFaceOptions } from './face.ts'
export { type FaceName, faceNames, faces } from './faces.ts'
export type { HmcKnobs } from './hmc/hmc-knobs.ts'
export type { EmulatedHmc, HmcOptions } from './hmc/start-hmc.ts'
export type { LabPlaces } from './listen-all.ts'
export { type MetalApi, type MetalApiOptions, startMetalApi } from './metal/metal-api.ts'
export type { MetalDevice } from './metal/metal-device.ts'
export type { RacadmKnobs } from './racadm/racadm-options.ts'
export type { EmulatedRac, RacadmOptions } from './racadm/start-racadm.ts'
export { defaultTimes, type MachineTimes, SimulatedMachine } from './simulated-machine.ts'
export { type LabBmc, type LabFaces, type LabOptions, startLab } from './start-lab.ts'

/** Starts an emulated iDRAC. Throws the system's error where the address cannot be bound. */
export async function startRacadm(options: RacadmOptions): Promise<EmulatedRac> {
  return await (await import('./racadm/start-racadm.ts')).startRacadm(options)
}

/** Starts an emulated HMC. Throws the system's error where the address cannot be bound. */
export async function startHmc(options: HmcOptions): Promise<EmulatedHmc> {
  return await (await import('./hmc/start-hmc.ts')).startHmc(options)
}
