import type { Host } from '../host.ts'
import type { JsonObject } from '../json-value.ts'
import { type Reading, readingStatus, readings } from '../readings.ts'
import { collection, link, type Resource } from '../resource.ts'
import { typeOf } from '../schema-versions.ts'
import { hostOfChassis } from './chassis-routes.ts'
import type { Route, Routes } from './routes.ts'

const SENSORS = ['Inlet', 'CPU1Temp', 'Fan1', 'Fan2', 'TotalPower', 'Voltage12']
const FANS = ['Fan1', 'Fan2']
const SUPPLIES = ['PSU1', 'PSU2']
const GOOD = { State: 'Enabled', Health: 'OK' }

const within =
  (make: (host: Host, member: string) => Resource | undefined): Route =>
  (state, [id = '', member = '']) => {
    const host = hostOfChassis(state, id)
    return host && make(host, member)
  }

/** Sensors, fans and power supplies in the shape of today. DSP0268, Sensor, ThermalSubsystem, PowerSubsystem. */
export const sensorRoutes: Routes = {
  'Chassis/*/Sensors': within(({ chassisPath }) =>
    collection(
      'Sensor',
      'Sensors',
      SENSORS.map((id) => `${chassisPath}/Sensors/${id}`),
    ),
  ),
  'Chassis/*/Sensors/*': within((host, id) =>
    SENSORS.includes(id)
      ? { type: typeOf('Sensor'), read: async () => sensorBody(await readingOf(host, id)) }
      : undefined,
  ),
  'Chassis/*/ThermalSubsystem': within(({ chassisPath }) => ({
    type: typeOf('ThermalSubsystem'),
    read: () => ({
      Id: 'ThermalSubsystem',
      Name: 'Thermal Subsystem',
      Fans: link(`${chassisPath}/ThermalSubsystem/Fans`),
      ThermalMetrics: link(`${chassisPath}/ThermalSubsystem/ThermalMetrics`),
      Status: GOOD,
    }),
  })),
  'Chassis/*/ThermalSubsystem/Fans': within(({ chassisPath }) =>
    collection(
      'Fan',
      'Fans',
      FANS.map((id) => `${chassisPath}/ThermalSubsystem/Fans/${id}`),
    ),
  ),
  'Chassis/*/ThermalSubsystem/Fans/*': within((host, id) =>
    FANS.includes(id) ? { type: typeOf('Fan'), read: async () => fanBody(host, await readingOf(host, id)) } : undefined,
  ),
  'Chassis/*/ThermalSubsystem/ThermalMetrics': within((host) => ({
    type: typeOf('ThermalMetrics'),
    read: async () => ({
      Id: 'ThermalMetrics',
      Name: 'Thermal Metrics',
      TemperatureReadingsCelsius: (await readings(host))
        .filter(({ kind }) => kind === 'Temperature')
        .map((reading) => ({
          DataSourceUri: `${host.chassisPath}/Sensors/${reading.id}`,
          DeviceName: reading.name,
          Reading: reading.value,
        })),
    }),
  })),
  'Chassis/*/PowerSubsystem': within(({ chassisPath }) => ({
    type: typeOf('PowerSubsystem'),
    read: () => ({
      Id: 'PowerSubsystem',
      Name: 'Power Subsystem',
      CapacityWatts: 800,
      PowerSupplies: link(`${chassisPath}/PowerSubsystem/PowerSupplies`),
      Status: GOOD,
    }),
  })),
  'Chassis/*/PowerSubsystem/PowerSupplies': within(({ chassisPath }) =>
    collection(
      'PowerSupply',
      'Power Supplies',
      SUPPLIES.map((id) => `${chassisPath}/PowerSubsystem/PowerSupplies/${id}`),
    ),
  ),
  'Chassis/*/PowerSubsystem/PowerSupplies/*': within((host, id) =>
    SUPPLIES.includes(id) ? { type: typeOf('PowerSupply'), read: () => supplyBody(host, id) } : undefined,
  ),
  'Chassis/*/EnvironmentMetrics': within((host) => ({
    type: typeOf('EnvironmentMetrics'),
    read: async () => ({
      Id: 'EnvironmentMetrics',
      Name: 'Environment Metrics',
      PowerWatts: excerpt(host, await readingOf(host, 'TotalPower')),
      TemperatureCelsius: excerpt(host, await readingOf(host, 'Inlet')),
    }),
  })),
}

async function readingOf(host: Host, id: string): Promise<Reading> {
  return (await readings(host)).find((reading) => reading.id === id) as Reading
}

function excerpt({ chassisPath }: Host, { id, value }: Reading): JsonObject {
  return { DataSourceUri: `${chassisPath}/Sensors/${id}`, Reading: value }
}

function sensorBody(reading: Reading): JsonObject {
  const { upperCaution, upperCritical, lowerCritical } = reading
  const limit = (name: string, value: number | undefined) => (value === undefined ? {} : { [name]: { Reading: value } })
  return {
    Id: reading.id,
    Name: reading.name,
    ReadingType: reading.kind,
    ReadingUnits: reading.units,
    Reading: reading.value,
    Thresholds: {
      ...limit('UpperCaution', upperCaution),
      ...limit('UpperCritical', upperCritical),
      ...limit('LowerCritical', lowerCritical),
    },
    Status: readingStatus(reading),
  }
}

function fanBody(host: Host, reading: Reading): JsonObject {
  const speed = reading.value === null ? {} : { SpeedPercent: { SpeedRPM: reading.value } }
  const source = { DataSourceUri: `${host.chassisPath}/Sensors/${reading.id}` }
  return {
    Id: reading.id,
    Name: reading.name,
    Status: readingStatus(reading),
    SpeedPercent: { ...source, ...speed.SpeedPercent },
  }
}

/** Some power shelves tell their power by the supplies alone; the standard has no word for it but State. */
async function supplyBody(host: Host, id: string): Promise<JsonObject> {
  const isOn = await host.power.isOn()
  return {
    Id: id,
    Name: `Power supply ${id}`,
    PowerSupplyType: 'AC',
    PowerCapacityWatts: 800,
    Manufacturer: 'Powerbus',
    SerialNumber: `${host.serialNumber}-${id}`,
    Status: { State: isOn ? 'Enabled' : 'StandbyOffline', Health: 'OK' },
  }
}
