import { type getChassisStatus, PowerRestorePolicy, RestartCause, SelfTestResult } from 'node-ipmi'
import type { Health } from '../driver.ts'

export type ChassisStatus = ReturnType<(typeof getChassisStatus)['response']['decode']>

const faults = {
  powerOverload: 'power-overload',
  interlock: 'power-interlock',
  powerFault: 'power-fault',
  powerControlFault: 'power-control-fault',
  intrusion: 'chassis-intrusion',
  driveFault: 'drive-fault',
  coolingFault: 'cooling-fault',
} as const

const lastEvents = {
  lastEventAcFailed: 'ac-failed',
  lastEventOverload: 'power-overload',
  lastEventInterlock: 'power-interlock',
  lastEventPowerFault: 'power-fault',
  lastEventCommandOn: 'switched-on-by-command',
} as const

const identifyStates = ['off', 'timed', 'on', 'unknown'] as const

/** What the chassis reports as wrong now. §28.2. */
export function faultsOf(chassis: ChassisStatus): readonly string[] {
  return wordsOf(faults, chassis)
}

/** What happened to its power last. §28.2. */
export function lastPowerEventsOf(chassis: ChassisStatus): readonly string[] {
  return wordsOf(lastEvents, chassis)
}

export function identifyOf(chassis: ChassisStatus): Health['Identify'] {
  return (chassis.identifySupported ? identifyStates[chassis.identifyState] : undefined) ?? 'unknown'
}

export function restorePolicyOf(chassis: ChassisStatus): string {
  return nameOf(PowerRestorePolicy, chassis.restorePolicy) ?? 'unknown'
}

export function restartCauseOf(cause: number): string {
  return nameOf(RestartCause, cause) ?? `cause-${cause}`
}

/** Anything else than the four defined results is the device's own. §20.4. */
export function selfTestOf(result: number): string {
  return nameOf(SelfTestResult, result) ?? 'device-specific'
}

function wordsOf<Flag extends keyof ChassisStatus>(words: Record<Flag, string>, chassis: ChassisStatus): string[] {
  return Object.entries<string>(words).flatMap(([flag, word]) => (chassis[flag as Flag] ? [word] : []))
}

/** The table's name of a value, as words with dashes: `chassisControl` is `chassis-control`. */
function nameOf(table: Readonly<Record<string, number>>, value: number): string | undefined {
  const found = Object.entries(table).find(([, known]) => known === value)
  return found?.[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
