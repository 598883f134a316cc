import { IpmiError, type IpmiSession } from 'node-ipmi'
import {
  eventLogEntry,
  type FruReading,
  readFrus,
  readSelRecords,
  readSensors,
  type SensorReading,
  type SensorThresholds,
} from 'node-ipmi/records'
import type { Fru, Health, LogEntry, Sensor, Thresholds } from '../facts.ts'
import { readHealth } from './bmc-facts.ts'
import { unlessRefused } from './ipmi-failure.ts'
import { KnownSensors } from './known-sensors.ts'

export { clearEventLog } from 'node-ipmi/records'

/** Milliseconds of a call that are kept for its end when sensors are only a part of it. */
const KEPT_MS = 2000

/** Sensors, event log and inventory over IPMI: what is read record by record. Loaded when it is first asked for. */
export class BmcRecords {
  readonly #known = new KnownSensors()

  /** Throws IpmiError, `timeout` when fewer than `keepMs` milliseconds are left. `key`: address and port of the BMC. §35.14. */
  async sensors(session: IpmiSession, key: string, keepMs = 0): Promise<Sensor[]> {
    return (await readSensors(session, await this.#known.of(session, key, keepMs), keepMs)).map(sensorOf)
  }

  /** What the chassis says, and what its sensors do. A BMC that is too slow for its sensors is asked for the rest alone. */
  async health(session: IpmiSession, key: string): Promise<Health> {
    const health = await readHealth(session)
    try {
      const sensors = await unlessRefused(session, () => this.sensors(session, key, KEPT_MS))
      return sensors === undefined ? health : withSensors(health, sensors)
    } catch (error) {
      if (!(error instanceof IpmiError) || error.kind !== 'timeout') throw error
      return { ...health, Unread: ['sensors: the BMC takes too long for them'] }
    }
  }

  /** Entries with the names of their sensors, where the BMC has records of them. Throws IpmiError. §31, §32. */
  async eventLog(session: IpmiSession, key: string): Promise<LogEntry[]> {
    const records = await readSelRecords(session)
    const sensors = records.length > 0 ? await unlessRefused(session, () => this.#known.of(session, key)) : undefined
    return records.map((record) => logEntryOf(record, sensors))
  }
}

/** Throws IpmiError. §34. */
export async function readInventory(session: IpmiSession): Promise<Fru[]> {
  return (await readFrus(session)).flatMap(frusOf)
}

const partHealth = { critical: 'Critical', warning: 'Warning' } as const

/** The worst of each type of sensors; each that is not well is a fault. */
function withSensors(health: Health, sensors: readonly Sensor[]): Health {
  const parts: Record<string, string> = {}
  const faults: string[] = []
  for (const { Name, Type, Status, States = [] } of sensors) {
    if (Status === 'absent' || Status === 'unknown') continue
    parts[Type] ??= 'OK'
    if (Status === 'ok') continue
    if (parts[Type] !== 'Critical') parts[Type] = partHealth[Status]
    faults.push(`${Type} ${Name}: ${States.length > 0 ? States.join(', ') : Status}`)
  }
  return {
    ...health,
    Healthy: health.Healthy && faults.length === 0,
    Faults: [...health.Faults, ...faults],
    Parts: parts,
  }
}

function sensorOf({ name, type, value, unit, status, states, thresholds }: SensorReading): Sensor {
  const found = thresholdsOf(thresholds)
  return {
    Name: name,
    Type: type,
    Reading: value ?? null,
    Units: unit,
    Status: status,
    ...(states.length > 0 && { States: states }),
    ...(Object.keys(found).length > 0 && { Thresholds: found }),
  }
}

const thresholdNames = {
  lowerNonRecoverable: 'LowerFatal',
  lowerCritical: 'LowerCritical',
  lowerNonCritical: 'LowerCaution',
  upperNonCritical: 'UpperCaution',
  upperCritical: 'UpperCritical',
  upperNonRecoverable: 'UpperFatal',
} as const satisfies Record<keyof SensorThresholds, keyof Thresholds>

function thresholdsOf(thresholds: SensorThresholds): Thresholds {
  const names = Object.keys(thresholds) as (keyof SensorThresholds)[]
  return Object.fromEntries(names.map((name) => [thresholdNames[name], thresholds[name]]))
}

function logEntryOf(record: Uint8Array, sensors: Parameters<typeof eventLogEntry>[1]): LogEntry {
  const { recordId, atMs, sensor, message, severity } = eventLogEntry(record, sensors)
  return {
    Id: String(recordId),
    Created: atMs === undefined ? null : new Date(atMs).toISOString(),
    Severity: severity ?? null,
    Message: message,
    ...(sensor !== undefined && { Sensor: sensor }),
    Raw: Buffer.from(record).toString('hex'),
  }
}

/** Chassis, board and product of one device, each where it has texts. */
function frusOf(fru: FruReading): Fru[] {
  const parts: Fru[] = [
    {
      Name: `${fru.name}: chassis`,
      ...text('PartNumber', fru.chassisPartNumber),
      ...text('SerialNumber', fru.chassisSerialNumber),
    },
    {
      Name: `${fru.name}: board`,
      ...text('Manufacturer', fru.boardManufacturer),
      ...text('Model', fru.boardProduct),
      ...text('PartNumber', fru.boardPartNumber),
      ...text('SerialNumber', fru.boardSerialNumber),
      ...text('ManufacturedAt', fru.boardMadeAtMs && new Date(fru.boardMadeAtMs).toISOString()),
    },
    {
      Name: `${fru.name}: product`,
      ...text('Manufacturer', fru.productManufacturer),
      ...text('Model', fru.productName),
      ...text('PartNumber', fru.productPartNumber),
      ...text('SerialNumber', fru.productSerialNumber),
      ...text('Version', fru.productVersion),
      ...text('AssetTag', fru.productAssetTag),
    },
  ]
  const found = parts.filter((part) => Object.keys(part).length > 1)
  const extra = Object.fromEntries([
    ...fru.custom.map((value, index) => [`Custom ${index + 1}`, value] as const),
    ...fru.damaged.map((name) => [`Damaged ${name}`, 'wrong checksum'] as const),
  ])
  const [first, ...others] = found
  if (Object.keys(extra).length === 0 || first === undefined) return found
  return [{ ...first, Extra: extra }, ...others]
}

function text<Name extends string>(name: Name, value: string | number | undefined): { [N in Name]?: string } {
  return (typeof value === 'string' ? { [name]: value } : {}) as { [N in Name]?: string }
}
