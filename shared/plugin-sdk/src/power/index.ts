export { type Clock, systemClock } from '@powerbus/turns'
export { type ErrorCode, PowerbusError } from '../errors.ts'
export { Secret } from '../secret.ts'
export { abortError } from './abort.ts'
export { readBoot, setBoot } from './boot-verbs.ts'
export { bootActionTimeoutMs, powerActionTimeoutMs, readActionTimeoutMs } from './budget.ts'
export { type Able, type Capability, capable } from './capability.ts'
export type {
  Changer,
  Claim,
  CommandKind,
  Commit,
  Coordinator,
  FinalChange,
  Gaps,
  Holder,
  Lease,
  OnceClaim,
  Sent,
} from './coordinator.ts'
export type {
  BootRequest,
  BootSetting,
  Call,
  Described,
  OnceOperation,
  PowerConnection,
  PowerDriver,
  PowerOperation,
  PowerState,
} from './driver.ts'
export type { DryRun, DryRunStep } from './dry-run.ts'
export * from './params.ts'
export {
  type BootResult,
  createPowerEngine,
  type OtherCommand,
  type PowerContext,
  type PowerEngine,
  type PowerEngineOptions,
  type PowerResult,
  type ReadContext,
} from './power-engine.ts'
export { askShutdown, type PowerOutcome, readStatus } from './power-verbs.ts'
export { assertNoneProtected, assertNotProtected, type RemovedMachine, wasProtected } from './protection.ts'
export type { LostOutcome, LostRequest, RecoverOptions } from './recover-requests.ts'
export {
  memoryCoordinator,
  type StoreCoordinator,
  type StoreCoordinatorOptions,
  storeCoordinator,
} from './store-coordinator.ts'
export { fromStore } from './store-failure.ts'
export type { Turn } from './turn.ts'
export { takeUnsharedTurn } from './unshared-turn.ts'
export { bootAction, powerAction, type VerbContext } from './verb-actions.ts'
export { verbRunner } from './verb-runner.ts'
export { type BootVerb, bootVerbs, deviceBootVerbs, type PowerVerb, powerVerbs } from './verbs.ts'
