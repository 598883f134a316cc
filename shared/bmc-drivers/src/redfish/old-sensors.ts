import { type JsonObject, linkAt, numberAt, objectsAt, type Resource, textAt } from '@powerbus/redfish'
import type { Sensor } from '../facts.ts'
import { statusOf, thresholdsOf, unitsOf } from './sensor-words.ts'
import type { Visit } from './visit.ts'

const thresholdNames = {
  LowerFatal: ['LowerThresholdFatal'],
  LowerCritical: ['LowerThresholdCritical'],
  LowerCaution: ['LowerThresholdNonCritical'],
  UpperCaution: ['UpperThresholdNonCritical'],
  UpperCritical: ['UpperThresholdCritical'],
  UpperFatal: ['UpperThresholdFatal'],
} as const

/** Thermal and Power, as services had them before ThermalSubsystem and PowerSubsystem. */
export async function oldSensors(visit: Visit, { body }: Resource): Promise<Sensor[]> {
  const thermal = (await visit.getIfAny(linkAt(body, 'Thermal')))?.body
  const power = (await visit.getIfAny(linkAt(body, 'Power')))?.body
  return [
    ...objectsAt(thermal, 'Temperatures').map((one) => part(one, 'temperature', ['ReadingCelsius'], 'C')),
    ...objectsAt(thermal, 'Fans').map((one) =>
      part(one, 'fan', ['Reading', 'ReadingRPM'], unitsOf(textAt(one, 'ReadingUnits')) ?? 'RPM'),
    ),
    ...objectsAt(power, 'Voltages').map((one) => part(one, 'voltage', ['ReadingVolts'], 'V')),
    ...objectsAt(power, 'PowerControl').map((one) => part(one, 'power', ['PowerConsumedWatts'], 'W')),
    ...objectsAt(power, 'PowerSupplies').map((one) =>
      part(one, 'power', ['PowerOutputWatts', 'LastPowerOutputWatts', 'PowerInputWatts'], 'W'),
    ),
  ]
}

function part(body: JsonObject, Type: string, readings: readonly string[], Units: string): Sensor {
  const Thresholds = thresholdsOf(body, thresholdNames)
  const Reading = readings.map((name) => numberAt(body, name)).find((value) => value !== undefined) ?? null
  return {
    Name: textAt(body, 'Name') ?? textAt(body, 'FanName') ?? textAt(body, 'MemberId') ?? Type,
    Type,
    Reading,
    Units,
    Status: statusOf(body),
    ...(Thresholds && { Thresholds }),
  }
}
