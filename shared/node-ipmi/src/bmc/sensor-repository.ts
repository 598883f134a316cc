import { TextCode } from '../codec/type-length.ts'
import type { ReadingFactors } from '../commands/reading-factors.ts'
import { AnalogFormat, fullSensorRecord, SDR_HEADER_LENGTH, SDR_VERSION, SdrType } from '../commands/sensor-record.ts'
import { EventType } from '../spec/sensor-state.ts'
import { BMC_ADDRESS } from '../wire/lan-message.ts'
import type { ChassisSensor } from './chassis.ts'
import { deviceLocatorRecord } from './device-locator-record.ts'

const CHASSIS_SDR_SEL_FRU_DEVICE = 0x8e
const LOCATOR_ID = 1
/** Record ID of the first sensor. */
const FIRST_SENSOR_ID = 2
/** §43.14: system board. */
const SYSTEM_BOARD = 0x07

const locator = deviceLocatorRecord(LOCATOR_ID, BMC_ADDRESS, CHASSIS_SDR_SEL_FRU_DEVICE, 'BMC')
const noSensors: readonly ChassisSensor[] = []
/** The machines of a lab have one list of sensors, and its records are made once. */
const repositories = new WeakMap<readonly ChassisSensor[], readonly Uint8Array[]>()

/** The sensor data records of a BMC with these sensors: its own locator, then one for each. Record IDs count from 1. §33. */
export function sensorRepository(sensors: readonly ChassisSensor[] = noSensors): readonly Uint8Array[] {
  const known = repositories.get(sensors)
  if (known) return known
  const records = [locator, ...sensors.map(sensorRecord)]
  repositories.set(sensors, records)
  return records
}

/** Events of the BMC's own have the sensor's type, up to 2Ch, as its number. */
const FIRST_NUMBER = 0x30

/** Number of the sensor at this place. */
function sensorNumber(index: number): number {
  return FIRST_NUMBER + index
}

/** Place of the sensor of this number; there may be none. */
export function sensorIndex(number: number): number {
  return number - FIRST_NUMBER
}

/** Which thresholds the sensor has, as bits of `ThresholdState`, and their raw values. */
export function rawThresholds(sensor: ChassisSensor) {
  const { lowerCritical, upperNonCritical, upperCritical } = sensor
  const raw = (value: number | undefined) => (value === undefined ? 0 : rawReading(sensor, value))
  return {
    readable:
      Number(lowerCritical !== undefined) * 0x02 +
      Number(upperNonCritical !== undefined) * 0x08 +
      Number(upperCritical !== undefined) * 0x10,
    lowerNonCritical: 0,
    lowerCritical: raw(lowerCritical),
    lowerNonRecoverable: 0,
    upperNonCritical: raw(upperNonCritical),
    upperCritical: raw(upperCritical),
    upperNonRecoverable: 0,
  }
}

/** The raw reading that is nearest to a value, 0..255. */
export function rawReading({ step, exponent }: ChassisSensor, value: number): number {
  return Math.max(0, Math.min(255, Math.round(value / (step * 10 ** exponent))))
}

/** A raw reading counts `step` times the power of ten `exponent`, from zero on. §36.3. */
export function readingFactors({ step, exponent }: ChassisSensor): ReadingFactors {
  return {
    multiplierLow: step & 0xff,
    multiplierHigh: (step >> 8) & 0x03,
    offsetLow: 0,
    offsetHigh: 0,
    offsetExponent: 0,
    resultExponent: exponent & 0x0f,
  }
}

function sensorRecord(sensor: ChassisSensor, index: number): Uint8Array {
  const { name, type, baseUnit } = sensor
  const text = Buffer.from(name, 'latin1')
  const { readable, ...thresholds } = rawThresholds(sensor)
  const nothing = fullSensorRecord.decode(new Uint8Array(fullSensorRecord.minLength))
  const record = fullSensorRecord.encode({
    ...nothing,
    ...thresholds,
    recordId: FIRST_SENSOR_ID + index,
    version: SDR_VERSION,
    type: SdrType.full,
    ownerAddress: BMC_ADDRESS,
    sensorNumber: sensorNumber(index),
    entityId: SYSTEM_BOARD,
    entityInstance: 1,
    scanningEnabled: true,
    thresholdAccess: 1,
    eventControl: 3,
    sensorType: type,
    eventType: EventType.threshold,
    readableThresholds: readable,
    analogFormat: AnalogFormat.unsigned,
    baseUnit,
    ...readingFactors(sensor),
    name: Uint8Array.of((TextCode.eightBit << 6) | text.length, ...text),
  })
  record[4] = record.length - SDR_HEADER_LENGTH
  return record
}
