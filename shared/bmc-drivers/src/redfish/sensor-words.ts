import { type JsonObject, numberAt, textAt } from '@powerbus/redfish'
import type { Sensor, Thresholds } from '../facts.ts'

/** ReadingType of the newer schema. DSP0268, Sensor. */
const types: Readonly<Record<string, string>> = {
  Temperature: 'temperature',
  Rotational: 'fan',
  Voltage: 'voltage',
  Current: 'current',
  Power: 'power',
}
/** ReadingUnits, of UCUM and of the old schema. */
const units: Readonly<Record<string, string>> = { Cel: 'C', RPM: 'RPM', '{rev}/min': 'RPM', Percent: '%', '%': '%' }

export function typeOf(word: string | undefined): string {
  return word === undefined ? 'other' : (types[word] ?? word.toLowerCase())
}

export function unitsOf(word: string | undefined): string | null {
  return word === undefined ? null : (units[word] ?? word)
}

/** By Status of the part: State says whether it is there, Health how it is. */
export function statusOf(body: JsonObject): Sensor['Status'] {
  const state = textAt(body, 'Status', 'State')
  if (state === 'Absent' || state === 'UnavailableOffline' || state === 'Disabled') return 'absent'
  switch (textAt(body, 'Status', 'Health')) {
    case 'OK':
      return 'ok'
    case 'Warning':
      return 'warning'
    case 'Critical':
      return 'critical'
    default:
      return state === 'Enabled' ? 'ok' : 'unknown'
  }
}

/** Each threshold by the names that schemas have for it. Undefined where there is none. */
export function thresholdsOf(
  body: JsonObject,
  names: Readonly<Record<keyof Thresholds, readonly string[]>>,
): Thresholds | undefined {
  const found: Partial<Record<keyof Thresholds, number>> = {}
  for (const [name, path] of Object.entries(names) as [keyof Thresholds, readonly string[]][]) {
    const value = numberAt(body, ...path)
    if (value !== undefined) found[name] = value
  }
  return Object.keys(found).length > 0 ? found : undefined
}
