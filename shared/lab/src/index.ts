export type { LabPlaces } from './listen-all.ts'
export { type LastBoot, type MachineState, newMachine, runningMachine } from './machine-state.ts'
export { nextAddress } from './next-address.ts'
export {
  type ControlCounts,
  defaultTimes,
  type MachineTimes,
  SimulatedMachine,
  type SimulatedMachineOptions,
} from './simulated-machine.ts'
export { type Lab, type LabBmc, type LabOptions, type LabSeat, startLab } from './start-lab.ts'
