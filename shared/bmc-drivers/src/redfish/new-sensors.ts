import { type JsonObject, lastPart, linkAt, numberAt, objectsAt, type Resource, textAt } from '@powerbus/redfish'
import type { Sensor } from '../facts.ts'
import { statusOf, thresholdsOf, typeOf, unitsOf } from './sensor-words.ts'
import type { Visit } from './visit.ts'

const thresholdNames = {
  LowerFatal: ['Thresholds', 'LowerFatal', 'Reading'],
  LowerCritical: ['Thresholds', 'LowerCritical', 'Reading'],
  LowerCaution: ['Thresholds', 'LowerCaution', 'Reading'],
  UpperCaution: ['Thresholds', 'UpperCaution', 'Reading'],
  UpperCritical: ['Thresholds', 'UpperCritical', 'Reading'],
  UpperFatal: ['Thresholds', 'UpperFatal', 'Reading'],
} as const

/** A member of the Sensors collection. DSP0268, Sensor. */
export function sensorOf(body: JsonObject): Sensor {
  const Thresholds = thresholdsOf(body, thresholdNames)
  return {
    Name: textAt(body, 'Name') ?? textAt(body, 'Id') ?? '',
    Type: typeOf(textAt(body, 'ReadingType')),
    Reading: numberAt(body, 'Reading') ?? null,
    Units: unitsOf(textAt(body, 'ReadingUnits')),
    Status: statusOf(body),
    ...(Thresholds && { Thresholds }),
  }
}

/** Temperatures and fans of ThermalSubsystem, power supplies of PowerSubsystem, and the power that EnvironmentMetrics has. */
export async function subsystemSensors(visit: Visit, { body }: Resource): Promise<Sensor[]> {
  const thermal = await visit.getIfAny(linkAt(body, 'ThermalSubsystem'))
  const power = await visit.getIfAny(linkAt(body, 'PowerSubsystem'))
  if (!thermal && !power) return []
  const metrics = await visit.getIfAny(linkAt(thermal?.body, 'ThermalMetrics'))
  const fans = await visit.members(linkAt(thermal?.body, 'Fans'))
  const supplies = await visit.members(linkAt(power?.body, 'PowerSupplies'))
  const environment = await visit.getIfAny(linkAt(body, 'EnvironmentMetrics'))
  return [
    ...objectsAt(metrics?.body, 'TemperatureReadingsCelsius').map((one) => excerpt(one, 'temperature', 'C')),
    ...fans.map((fan) => fanOf(fan.body)),
    ...supplies.map((supply) => supplyOf(supply.body)),
    ...environmentOf(environment?.body),
  ]
}

/** An excerpt of a sensor: its reading, and where it is from. */
function excerpt(body: JsonObject, Type: string, Units: string): Sensor {
  const source = textAt(body, 'DataSourceUri')
  const Name = textAt(body, 'DeviceName') ?? (source === undefined ? Type : lastPart(source))
  const Reading = numberAt(body, 'Reading') ?? null
  return { Name, Type, Reading, Units, Status: Reading === null ? 'unknown' : statusOr(body) }
}

function statusOr(body: JsonObject): Sensor['Status'] {
  return textAt(body, 'Status', 'State') === undefined && textAt(body, 'Status', 'Health') === undefined
    ? 'ok'
    : statusOf(body)
}

function fanOf(body: JsonObject): Sensor {
  const rpm = numberAt(body, 'SpeedPercent', 'SpeedRPM')
  const percent = numberAt(body, 'SpeedPercent', 'Reading')
  return {
    Name: textAt(body, 'Name') ?? textAt(body, 'Id') ?? 'fan',
    Type: 'fan',
    Reading: rpm ?? percent ?? null,
    Units: rpm === undefined ? '%' : 'RPM',
    Status: statusOf(body),
  }
}

function supplyOf(body: JsonObject): Sensor {
  return {
    Name: textAt(body, 'Name') ?? textAt(body, 'Id') ?? 'power supply',
    Type: 'power',
    Reading: numberAt(body, 'OutputPowerWatts', 'Reading') ?? numberAt(body, 'InputPowerWatts', 'Reading') ?? null,
    Units: 'W',
    Status: statusOf(body),
  }
}

function environmentOf(body: JsonObject | undefined): Sensor[] {
  const watts = numberAt(body, 'PowerWatts', 'Reading')
  return watts === undefined ? [] : [{ Name: 'power', Type: 'power', Reading: watts, Units: 'W', Status: 'ok' }]
}
