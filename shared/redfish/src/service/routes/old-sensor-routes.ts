import { type Reading, readingStatus, readings } from '../readings.ts'
import { typeOf } from '../schema-versions.ts'
import { hostOfChassis } from './chassis-routes.ts'
import type { Routes } from './routes.ts'

/** The same sensors in the shape that came before, for clients that know no other. DSP0268, Thermal, Power. */
export const oldSensorRoutes: Routes = {
  'Chassis/*/Thermal': (state, [id = '']) => {
    const host = hostOfChassis(state, id)
    if (!host) return undefined
    const path = `${host.chassisPath}/Thermal`
    return {
      type: typeOf('Thermal'),
      read: async () => {
        const all = await readings(host)
        return {
          Id: 'Thermal',
          Name: 'Thermal',
          Temperatures: all.filter(isA('Temperature')).map((reading, index) => ({
            ...head(path, 'Temperatures', index, reading),
            ReadingCelsius: reading.value,
            UpperThresholdNonCritical: reading.upperCaution ?? null,
            UpperThresholdCritical: reading.upperCritical ?? null,
          })),
          'Temperatures@odata.count': all.filter(isA('Temperature')).length,
          Fans: all.filter(isA('Rotational')).map((reading, index) => ({
            ...head(path, 'Fans', index, reading),
            Reading: reading.value,
            ReadingUnits: 'RPM',
            LowerThresholdCritical: reading.lowerCritical ?? null,
          })),
          'Fans@odata.count': all.filter(isA('Rotational')).length,
        }
      },
    }
  },

  'Chassis/*/Power': (state, [id = '']) => {
    const host = hostOfChassis(state, id)
    if (!host) return undefined
    const path = `${host.chassisPath}/Power`
    return {
      type: typeOf('Power'),
      read: async () => {
        const all = await readings(host)
        const isOn = await host.power.isOn()
        return {
          Id: 'Power',
          Name: 'Power',
          PowerControl: all.filter(isA('Power')).map((reading, index) => ({
            ...head(path, 'PowerControl', index, reading),
            PowerConsumedWatts: reading.value,
            PowerCapacityWatts: 800,
          })),
          'PowerControl@odata.count': 1,
          Voltages: all.filter(isA('Voltage')).map((reading, index) => ({
            ...head(path, 'Voltages', index, reading),
            ReadingVolts: reading.value,
            UpperThresholdCritical: reading.upperCritical ?? null,
            LowerThresholdCritical: reading.lowerCritical ?? null,
          })),
          'Voltages@odata.count': 1,
          PowerSupplies: ['PSU1', 'PSU2'].map((supply, index) => ({
            '@odata.id': `${path}#/PowerSupplies/${index}`,
            MemberId: String(index),
            Name: `Power supply ${supply}`,
            PowerSupplyType: 'AC',
            PowerCapacityWatts: 800,
            Status: { State: isOn ? 'Enabled' : 'StandbyOffline', Health: 'OK' },
          })),
          'PowerSupplies@odata.count': 2,
        }
      },
    }
  },
}

function isA(kind: Reading['kind']) {
  return (reading: Reading) => reading.kind === kind
}

function head(path: string, list: string, index: number, reading: Reading) {
  return {
    '@odata.id': `${path}#/${list}/${index}`,
    MemberId: String(index),
    Name: reading.name,
    Status: readingStatus(reading),
  }
}
