import { selEventRecord, UNKNOWN_TIME } from '../../commands/sel-record.ts'
import { EventType, type Severity, sensorState } from '../../spec/sensor-state.ts'
import { sensorTypeName } from '../../spec/sensor-type.ts'
import type { KnownSensor } from './known-sensor.ts'
import { valueByRecord } from './read-sensors.ts'

/** One record of the system event log in words. */
export interface EventLogEntry {
  readonly recordId: number
  /** Milliseconds since 1970 by the BMC's clock; undefined where the record has no such time. */
  readonly atMs?: number
  /** Name or type of the sensor; undefined for a vendor's record. */
  readonly sensor?: string
  readonly message: string
  /** Undefined for a vendor's record. */
  readonly severity?: Severity
  readonly record: Uint8Array
}

const SYSTEM_EVENT = 0x02
const FIRST_OEM = 0xc0
/** Records of types E0h..FFh have no timestamp. §32.3. */
const FIRST_WITHOUT_TIME = 0xe0
/** Times up to this one count from the start of the BMC. §37.1. */
const LAST_SINCE_START = 0x2000_0000
/** Values of `data2Use` and `data3Use` of a threshold event: reading and threshold. §29.7, table 29-6. */
const HAS_VALUE = 1

/** What a record of 16 bytes says. `sensors`: for names and values; without them the type of the sensor is named. §32. */
export function eventLogEntry(record: Uint8Array, sensors: readonly KnownSensor[] = []): EventLogEntry {
  const fields = selEventRecord.decode(record)
  const { recordId, recordType } = fields
  if (recordType >= FIRST_OEM) return { ...timeOf(fields), recordId, message: oemMessage(record, recordType), record }
  if (recordType !== SYSTEM_EVENT) {
    return { ...timeOf(fields), recordId, message: `record of reserved type ${hex(recordType)}`, record }
  }
  const { sensorType, sensorNumber, eventType, deasserted, offset } = fields
  const known = sensors.find(
    (sensor) =>
      sensor.sensorNumber === sensorNumber &&
      sensor.ownerAddress === fields.generatorAddress &&
      sensor.ownerLun === fields.generatorLun,
  )
  const sensor = known?.name ?? `${sensorTypeName(sensorType)} sensor ${hex(sensorNumber)}`
  const { words, severity } = sensorState(sensorType, eventType, offset)
  const values = eventType === EventType.threshold && known ? valuesOf(fields, known) : ''
  return {
    ...timeOf(fields),
    recordId,
    sensor,
    message: `${sensor}: ${deasserted ? 'no longer ' : ''}${words}${values}`,
    severity: deasserted ? 'ok' : severity,
    record,
  }
}

type Fields = ReturnType<typeof selEventRecord.decode>

function timeOf({ timestamp, recordType }: Fields): { atMs?: number } {
  const hasTime = recordType < FIRST_WITHOUT_TIME && timestamp > LAST_SINCE_START && timestamp !== UNKNOWN_TIME
  return hasTime ? { atMs: timestamp * 1000 } : {}
}

/** ` (92 C, threshold 90 C)`. */
function valuesOf({ data2, data2Use, data3, data3Use }: Fields, sensor: KnownSensor): string {
  const text = (raw: number) => {
    const value = valueByRecord(sensor, raw)
    return value === undefined ? undefined : `${value}${sensor.unit === null ? '' : ` ${sensor.unit}`}`
  }
  const reading = data2Use === HAS_VALUE ? text(data2) : undefined
  const threshold = data3Use === HAS_VALUE ? text(data3) : undefined
  const parts = [...(reading ? [reading] : []), ...(threshold ? [`threshold ${threshold}`] : [])]
  return parts.length > 0 ? ` (${parts.join(', ')})` : ''
}

/** Types C0h..DFh name their manufacturer, a number of IANA, and have 6 bytes of data; E0h..FFh have 13. §32.2, §32.3. */
function oemMessage(record: Uint8Array, recordType: number): string {
  const data = (from: number) => Buffer.from(record.subarray(from)).toString('hex')
  if (recordType >= FIRST_WITHOUT_TIME) return `vendor's record of type ${hex(recordType)}: ${data(3)}`
  const [low = 0, middle = 0, high = 0] = record.subarray(7)
  const manufacturer = low | (middle << 8) | (high << 16)
  return `record of type ${hex(recordType)} of manufacturer ${manufacturer}: ${data(10)}`
}

function hex(byte: number): string {
  return `${byte.toString(16).padStart(2, '0')}h`
}
