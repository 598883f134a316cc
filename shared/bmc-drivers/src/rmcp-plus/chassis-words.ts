import type { getChassisStatus } from 'node-ipmi'

export type ChassisStatus = ReturnType<(typeof getChassisStatus)['response']['decode']>

/** Faults that the chassis reports now. §28.2. */
export const faults = {
  powerOverload: 'power-overload',
  interlock: 'power-interlock',
  powerFault: 'power-fault',
  powerControlFault: 'power-control-fault',
  intrusion: 'chassis-intrusion',
  driveFault: 'drive-fault',
  coolingFault: 'cooling-fault',
} as const

/** Why power went away, or came, last. §28.2. */
export const lastPowerEvents = {
  lastEventAcFailed: 'ac-failed',
  lastEventOverload: 'power-overload',
  lastEventInterlock: 'power-interlock',
  lastEventPowerFault: 'power-fault',
  lastEventCommandOn: 'switched-on-by-command',
} as const

/** The words of the flags that are set. */
export function wordsOf<Flag extends keyof ChassisStatus>(
  words: Record<Flag, string>,
  chassis: ChassisStatus,
): string[] {
  return Object.entries<string>(words).flatMap(([flag, word]) => (chassis[flag as Flag] ? [word] : []))
}

/** The table's name of a value, as words with dashes: `chassisControl` is `chassis-control`. */
export function nameOf(table: Readonly<Record<string, number>>, value: number): string | undefined {
  const found = Object.entries(table).find(([, known]) => known === value)
  return found?.[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
