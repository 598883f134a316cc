/** Verbs in unshared turns at one BMC, and what drivers are made of: without engine, store, params and manifest. */
export { type ErrorCode, PowerbusError } from '../errors.ts'
export { killGroup } from '../launch/kill-group.ts'
export { Secret } from '../secret.ts'
export { abortError } from './abort.ts'
export { lossText, setBoot } from './boot-verbs.ts'
export { type Able, type Capability, capable } from './capability.ts'
export type {
  BootRequest,
  BootSetting,
  Call,
  Described,
  OnceOperation,
  PowerConnection,
  PowerDriver,
  PowerState,
} from './driver.ts'
export { askShutdown } from './once-verbs.ts'
export type { PowerOutcome } from './power-verbs.ts'
export type { Turn } from './turn.ts'
export { takeUnsharedTurn } from './unshared-turn.ts'
export { verbRunner } from './verb-runner.ts'
export type { PowerVerb, VerbParams } from './verbs.ts'
