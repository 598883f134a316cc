export {
  BootDevice,
  type BootDeviceName,
  type BootFlags,
  bootDeviceName,
  bootFlags,
  noBootFlags,
} from '../commands/boot-option-parameters.ts'
export { ChassisControl, type ChassisControlName } from '../commands/chassis-control.ts'
export { PowerRestorePolicy } from '../commands/get-chassis-status.ts'
export { RestartCause } from '../commands/get-system-restart-cause.ts'
export { SensorType } from '../spec/sensor-type.ts'
export { SensorUnit } from '../spec/sensor-unit.ts'
export { type Clock, systemClock, type Timer } from '../transport/clock.ts'
export { pooledRandom } from '../transport/pooled-random.ts'
export { Bmc, createBmc, type Peer, type SendAnswer } from './bmc.ts'
export type { BmcOptions, BmcUser } from './bmc-options.ts'
export type { Chassis, ChassisSensor, ControlOutcome, MaybePromise, PowerReading } from './chassis.ts'
export type { BmcCounters, DropReason } from './counters.ts'
export type { DeviceIdentity } from './device-identity.ts'
export type { AnswerSource, FaultRule, HandshakeMessage } from './fault-rule.ts'
export type { BmcFaults } from './faults.ts'
export type { Inventory } from './fru-inventory.ts'
export type { LanPlace, LanSettings } from './lan-settings.ts'
export { type Listener, type ListenOptions, listenBmc } from './listen-bmc.ts'
export type { BootChoice, MachineControl } from './machine-control.ts'
export { seededRandom } from './seeded-random.ts'
