export type { AccountOptions } from './accounts.ts'
export { exchange } from './exchange.ts'
export { type FaultRule, takeRule } from './fault-rule.ts'
export { faultyAnswer } from './faulty-answer.ts'
export type { Host, HostOptions } from './host.ts'
export type {
  BootChoice,
  BootDeviceName,
  ControlOutcome,
  ControlVerb,
  ManagedMachine,
  MaybePromise,
} from './managed-machine.ts'
export { type PersonalityName, personalities } from './personalities.ts'
export type { MediaSlot, Personality, ResetType, StandbyCut } from './personality.ts'
export { PlainMachine, type PlainMachineOptions } from './plain-machine.ts'
export { defaultQuirks, type Quirks } from './quirks.ts'
export {
  type RedfishCounters,
  RedfishService,
  type RedfishServiceOptions,
  startRedfishService,
} from './redfish-service.ts'
export type { RoleId } from './role.ts'
export { type SelfSignedCertificate, selfSignedCertificate } from './self-signed-certificate.ts'
export { type ServiceClock, systemServiceClock } from './service-clock.ts'
export { ServiceState } from './service-state.ts'
