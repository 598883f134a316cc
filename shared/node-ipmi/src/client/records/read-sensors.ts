import { getSensorReading, ThresholdState } from '../../commands/get-sensor-reading.ts'
import { getSensorReadingFactors } from '../../commands/get-sensor-reading-factors.ts'
import { FIRST_NON_LINEAR } from '../../commands/sensor-record.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { EventType, sensorState } from '../../spec/sensor-state.ts'
import { sensorTypeName } from '../../spec/sensor-type.ts'
import { BMC_ADDRESS } from '../../wire/lan-message.ts'
import type { IpmiSession } from '../ipmi-session.ts'
import { completionCodeOf, patiently } from '../patiently.ts'
import { type KnownSensor, knownSensors, type SensorScale, type SensorThresholds } from './known-sensor.ts'
import { readSdrs, stopInTime } from './read-sdr.ts'
import { sensorValue } from './sensor-value.ts'

/** What one sensor measures now. */
export interface SensorReading {
  readonly name: string
  /** Such as `temperature`, `fan`, `power supply`. */
  readonly type: string
  /** Undefined where there is no number now. */
  readonly value?: number
  /** Such as `C`, `RPM`, `%`; null where there is none. */
  readonly unit: string | null
  /** `absent`: the BMC has no such part now. `unknown`: not readable now, or on another controller. */
  readonly status: 'ok' | 'warning' | 'critical' | 'absent' | 'unknown'
  /** Names of the states that a sensor without thresholds shows. */
  readonly states: readonly string[]
  readonly thresholds: SensorThresholds
}

/**
 * The sensors that the BMC's repository describes. Throws IpmiError, `timeout` when fewer than `keepMs` milliseconds of
 * the run are left. §33, §43.
 */
export async function readKnownSensors(session: IpmiSession, keepMs = 0): Promise<KnownSensor[]> {
  return (await readSdrs(session, keepMs)).flatMap(knownSensors)
}

/**
 * Reads each of these sensors: one command for each, two for one that is not linear. A sensor that the BMC refuses to
 * read has status `absent` or `unknown`; sensors of other controllers behind the BMC are not asked. Throws IpmiError,
 * `timeout` when fewer than `keepMs` milliseconds of the run are left. §35.14.
 */
export async function readSensors(
  session: IpmiSession,
  sensors: readonly KnownSensor[],
  keepMs = 0,
): Promise<SensorReading[]> {
  const readings: SensorReading[] = []
  for (const sensor of sensors) {
    if (!sensor.canBeRead) continue
    stopInTime(session, keepMs)
    readings.push(await readSensor(session, sensor))
  }
  return readings
}

async function readSensor(session: IpmiSession, sensor: KnownSensor): Promise<SensorReading> {
  const { name, sensorType, unit, sensorNumber } = sensor
  const known = { name, type: sensorTypeName(sensorType), unit, thresholds: thresholdsOf(sensor) }
  if (sensor.ownerAddress !== BMC_ADDRESS || sensor.ownerLun !== 0) return { ...known, status: 'unknown', states: [] }
  try {
    const answer = await patiently(session, () => session.send(getSensorReading, { sensorNumber }))
    if (answer.unavailable || !answer.scanning) return { ...known, status: 'unknown', states: [] }
    const value = await valueNow(session, sensor, answer.reading)
    return {
      ...known,
      ...(value !== undefined && { value }),
      ...judged(sensor, answer.states | (answer.moreStates << 8)),
    }
  } catch (error) {
    const code = completionCodeOf(error)
    if (code === undefined) throw error
    return { ...known, status: code === CompletionCode.NotPresent ? 'absent' : 'unknown', states: [] }
  }
}

async function valueNow(session: IpmiSession, sensor: KnownSensor, reading: number): Promise<number | undefined> {
  const { scale, sensorNumber } = sensor
  if (scale === undefined) return undefined
  if (scale.linearization < FIRST_NON_LINEAR) return scaled(reading, scale)
  const factors = await patiently(session, () => session.send(getSensorReadingFactors, { sensorNumber, reading }))
  return scaled(reading, { ...scale, factors })
}

function scaled(raw: number, { analogFormat, linearization, factors }: SensorScale): number | undefined {
  return sensorValue(raw, analogFormat, linearization, factors)
}

/** The value that a raw reading of this sensor means; undefined where the record alone does not say it. */
export function valueByRecord({ scale }: KnownSensor, raw: number): number | undefined {
  return scale === undefined || scale.linearization >= FIRST_NON_LINEAR ? undefined : scaled(raw, scale)
}

function thresholdsOf(sensor: KnownSensor): SensorThresholds {
  const values = Object.entries(sensor.rawThresholds).map(([name, raw]) => [name, valueByRecord(sensor, raw)] as const)
  return Object.fromEntries(values.filter(([, value]) => value !== undefined))
}

const CRITICAL =
  ThresholdState.lowerCritical |
  ThresholdState.lowerNonRecoverable |
  ThresholdState.upperCritical |
  ThresholdState.upperNonRecoverable
const WARNING = ThresholdState.lowerNonCritical | ThresholdState.upperNonCritical
const STATES = 15

/** How good the states are, the worst first. */
function judged({ sensorType, eventType }: KnownSensor, states: number): Pick<SensorReading, 'status' | 'states'> {
  if (eventType === EventType.threshold) {
    return { status: states & CRITICAL ? 'critical' : states & WARNING ? 'warning' : 'ok', states: [] }
  }
  const offsets = Array.from({ length: STATES }, (_, offset) => offset).filter((offset) => states & (1 << offset))
  const shown = offsets.map((offset) => sensorState(sensorType, eventType, offset))
  const worst = (['critical', 'warning'] as const).find((level) => shown.some(({ severity }) => severity === level))
  return { status: worst ?? 'ok', states: shown.map(({ words }) => words) }
}
