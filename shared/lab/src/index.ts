export type { LabPlaces } from './listen-all.ts'
export { type LastBoot, type MachineState, newMachine, runningMachine } from './machine-state.ts'
export { type MetalApi, type MetalApiOptions, startMetalApi } from './metal/metal-api.ts'
export type { DeviceAction, MetalProject } from './metal/metal-cloud.ts'
export { type MetalCall, type MetalCounts, metalCalls } from './metal/metal-counts.ts'
export {
  type DeviceFate,
  type DeviceState,
  defaultMetalTimes,
  type MetalDevice,
  type MetalTimes,
} from './metal/metal-device.ts'
export type { FaultyRequest, MetalEffect, MetalFault, MetalFaults, PlacedFault } from './metal/metal-faults.ts'
export { nextAddress } from './next-address.ts'
export {
  type ControlCounts,
  defaultTimes,
  type MachineTimes,
  SimulatedMachine,
  type SimulatedMachineOptions,
} from './simulated-machine.ts'
export { type Lab, type LabBmc, type LabOptions, type LabSeat, startLab } from './start-lab.ts'
