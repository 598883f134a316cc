export { type Clock, systemClock } from '@powerbus/turns'
export { type ErrorCode, PowerbusError } from '../errors.ts'
export { Secret } from '../secret.ts'
export { abortError } from './abort.ts'
export { readBoot, setBoot } from './boot-verbs.ts'
export { bootActionTimeoutMs, powerActionTimeoutMs, readActionTimeoutMs } from './budget.ts'
export { type Able, type Capability, capable } from './capability.ts'
export type { Coordinator } from './coordinator.ts'
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
export type { DryRun } from './dry-run.ts'
export { askShutdown } from './once-verbs.ts'
export * from './params.ts'
export {
  type BootResult,
  createPowerEngine,
  type PowerContext,
  type PowerEngine,
  type PowerEngineOptions,
  type PowerResult,
} from './power-engine.ts'
export { type PowerOutcome, readStatus } from './power-verbs.ts'
export {
  assertNoneProtected,
  assertNotProtected,
  protectionIn,
  type RemovedMachine,
  wasProtected,
} from './protection.ts'
export { memoryCoordinator, storeCoordinator } from './store-coordinator.ts'
export { fromStore } from './store-failure.ts'
export type { Turn } from './turn.ts'
export { takeUnsharedTurn } from './unshared-turn.ts'
export { bootAction, powerAction } from './verb-actions.ts'
export { verbRunner } from './verb-runner.ts'
export { type BootVerb, bootVerbs, deviceBootVerbs, type PowerVerb, powerVerbs } from './verbs.ts'
export { answerOf, bootWords, identifyWords, powerWords, type Words } from './words.ts'
