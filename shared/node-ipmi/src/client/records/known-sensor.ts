import { decodeRecordName } from '../../codec/type-length.ts'
import type { ReadingFactors } from '../../commands/reading-factors.ts'
import {
  AnalogFormat,
  compactSensorRecord,
  eventOnlyRecord,
  fullSensorRecord,
  SdrType,
  sdrHeader,
} from '../../commands/sensor-record.ts'
import { sensorUnit } from '../../spec/sensor-unit.ts'

/** Values of the thresholds that a sensor has, in its unit. */
export interface SensorThresholds {
  readonly lowerNonRecoverable?: number
  readonly lowerCritical?: number
  readonly lowerNonCritical?: number
  readonly upperNonCritical?: number
  readonly upperCritical?: number
  readonly upperNonRecoverable?: number
}

export const thresholdNames = [
  'lowerNonCritical',
  'lowerCritical',
  'lowerNonRecoverable',
  'upperNonCritical',
  'upperCritical',
  'upperNonRecoverable',
] as const satisfies readonly (keyof SensorThresholds)[]

/** How the raw readings of a sensor become values. */
export interface SensorScale {
  readonly analogFormat: number
  readonly linearization: number
  readonly factors: ReadingFactors
}

/** One sensor as its record describes it. */
export interface KnownSensor {
  readonly name: string
  readonly sensorNumber: number
  /** 20h: the BMC's own. */
  readonly ownerAddress: number
  readonly ownerLun: number
  readonly sensorType: number
  readonly eventType: number
  readonly unit: string | null
  /** Absent for a sensor without numbers. */
  readonly scale?: SensorScale
  /** Raw values of the thresholds that can be read. */
  readonly rawThresholds: SensorThresholds
  /** False for one that only sends events. */
  readonly canBeRead: boolean
}

/** The sensors that a record of the repository describes: none, one, or those that share it. §43.1 to §43.3. */
export function knownSensors(record: Uint8Array): KnownSensor[] {
  switch (sdrHeader.decode(record).type) {
    case SdrType.full:
      return record.length < fullSensorRecord.minLength ? [] : [fullSensor(record)]
    case SdrType.compact:
      return record.length < compactSensorRecord.minLength ? [] : sharingSensors(record)
    case SdrType.eventOnly:
      return record.length < eventOnlyRecord.minLength ? [] : [eventSensor(record)]
    default:
      return []
  }
}

function fullSensor(record: Uint8Array): KnownSensor {
  const fields = fullSensorRecord.decode(record)
  const { analogFormat, linearization, readableThresholds } = fields
  const readable = thresholdNames.filter((_, bit) => readableThresholds & (1 << bit))
  return {
    ...keyOf(fields),
    name: nameOf(fields.name, fields.sensorNumber),
    unit: sensorUnit(fields.baseUnit, fields.rateUnit, fields.percentage),
    ...(analogFormat !== AnalogFormat.none && { scale: { analogFormat, linearization, factors: fields } }),
    rawThresholds: Object.fromEntries(readable.map((name) => [name, fields[name]])),
    canBeRead: true,
  }
}

function sharingSensors(record: Uint8Array): KnownSensor[] {
  const fields = compactSensorRecord.decode(record)
  const count = Math.max(1, fields.shareCount)
  return Array.from({ length: count }, (_, index) => ({
    ...keyOf(fields),
    sensorNumber: (fields.sensorNumber + index) & 0xff,
    name: `${nameOf(fields.name, fields.sensorNumber)}${count === 1 ? '' : suffix(fields, index)}`,
    unit: sensorUnit(fields.baseUnit, fields.rateUnit, fields.percentage),
    rawThresholds: {},
    canBeRead: true,
  }))
}

function eventSensor(record: Uint8Array): KnownSensor {
  const fields = eventOnlyRecord.decode(record)
  const name = nameOf(fields.name, fields.sensorNumber)
  return { ...keyOf(fields), name, unit: null, rawThresholds: {}, canBeRead: false }
}

type Key = Pick<KnownSensor, 'sensorNumber' | 'ownerAddress' | 'ownerLun' | 'sensorType' | 'eventType'>

function keyOf({ sensorNumber, ownerAddress, ownerLun, sensorType, eventType }: Key): Key {
  return { sensorNumber, ownerAddress, ownerLun, sensorType, eventType: eventType & 0x7f }
}

/** The number of the sensor where it has no name. */
function nameOf(field: Uint8Array, sensorNumber: number): string {
  return decodeRecordName(field) || `sensor ${sensorNumber.toString(16).padStart(2, '0')}h`
}

const LETTERS = 26

function suffix({ nameModifier, nameOffset }: { nameModifier: number; nameOffset: number }, index: number): string {
  const number = nameOffset + index
  return nameModifier === 1 ? String.fromCharCode(0x41 + (number % LETTERS)) : String(number)
}
