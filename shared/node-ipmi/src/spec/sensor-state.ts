import { type GradedWords, sensorTypeStates } from './sensor-type-state.ts'

/** How bad a state is while it is asserted. */
export type Severity = 'ok' | 'warning' | 'critical'

/** What one state (offset) of a sensor means. */
export interface SensorState {
  readonly words: string
  readonly severity: Severity
}

/** Event types of a sensor. §42.1, table 42-1. */
export const EventType = { threshold: 0x01, sensorSpecific: 0x6f } as const

/** States of the generic event types 01h to 0Ch, by offset. §42.1, table 42-2. */
const generic: Readonly<Record<number, readonly GradedWords[]>> = {
  1: [
    ['below the lower non-critical threshold', 'warning'],
    ['back over the lower non-critical threshold'],
    ['below the lower critical threshold', 'critical'],
    ['back over the lower critical threshold'],
    ['below the lower non-recoverable threshold', 'critical'],
    ['back over the lower non-recoverable threshold'],
    ['back under the upper non-critical threshold'],
    ['above the upper non-critical threshold', 'warning'],
    ['back under the upper critical threshold'],
    ['above the upper critical threshold', 'critical'],
    ['back under the upper non-recoverable threshold'],
    ['above the upper non-recoverable threshold', 'critical'],
  ],
  2: [['idle'], ['active'], ['busy']],
  3: [['state deasserted'], ['state asserted']],
  4: [['no failure predicted'], ['failure predicted', 'warning']],
  5: [['limit not exceeded'], ['limit exceeded', 'warning']],
  6: [['performance met'], ['performance lags', 'warning']],
  7: [
    ['OK'],
    ['non-critical, was OK', 'warning'],
    ['critical, was less severe', 'critical'],
    ['non-recoverable, was less severe', 'critical'],
    ['non-critical, was more severe', 'warning'],
    ['critical, was non-recoverable', 'critical'],
    ['non-recoverable', 'critical'],
    ['monitored'],
    ['informational'],
  ],
  8: [['absent'], ['present']],
  9: [['disabled'], ['enabled']],
  10: [
    ['running'],
    ['in test'],
    ['power off'],
    ['on line'],
    ['off line'],
    ['off duty'],
    ['degraded', 'warning'],
    ['power save'],
    ['install error', 'critical'],
  ],
  11: [
    ['fully redundant'],
    ['redundancy lost', 'critical'],
    ['redundancy degraded', 'warning'],
    ['not redundant, resources suffice', 'warning'],
    ['not redundant, resources suffice again', 'warning'],
    ['not redundant, resources do not suffice', 'critical'],
    ['redundancy degraded, was full', 'warning'],
    ['redundancy degraded, was none', 'warning'],
  ],
  12: [['power state D0'], ['power state D1'], ['power state D2'], ['power state D3']],
}

/** What the state `offset` (0..14) of a sensor means. Always gives words: the number, where it has no name. */
export function sensorState(sensorType: number, eventType: number, offset: number): SensorState {
  const states = eventType === EventType.sensorSpecific ? sensorTypeStates[sensorType] : generic[eventType]
  const [words, severity = 'ok'] = states?.[offset] ?? []
  if (words) return { words, severity }
  return { words: `${eventType >= 0x70 ? 'OEM ' : ''}state ${offset}`, severity: 'ok' }
}
