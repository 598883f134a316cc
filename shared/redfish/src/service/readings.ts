import type { Host } from './host.ts'

/** A sensor of an emulated machine. */
export interface Reading {
  readonly id: string
  readonly name: string
  readonly kind: 'Temperature' | 'Rotational' | 'Power' | 'Voltage'
  readonly units: 'Cel' | '{rev}/min' | 'W' | 'V'
  /** Null: the machine is off, and the sensor with it. */
  readonly value: number | null
  readonly upperCaution?: number
  readonly upperCritical?: number
  readonly lowerCritical?: number
}

const IDLE_WATTS = 180
const STANDBY_WATTS = 4
const INLET_CELSIUS = 24

/** What the sensors of a machine read now: load warms it, and only the inlet is read while it is off. */
export async function readings(host: Host): Promise<readonly Reading[]> {
  const isOn = await host.power.isOn()
  const watts = Math.round((await host.machine.powerWatts?.()) ?? (isOn ? IDLE_WATTS : STANDBY_WATTS))
  const ifOn = (value: number) => (isOn ? value : null)
  return [
    {
      id: 'Inlet',
      name: 'Inlet temperature',
      kind: 'Temperature',
      units: 'Cel',
      value: INLET_CELSIUS,
      upperCaution: 38,
      upperCritical: 43,
    },
    {
      id: 'CPU1Temp',
      name: 'Processor 1 temperature',
      kind: 'Temperature',
      units: 'Cel',
      value: ifOn(30 + Math.round(watts / 10)),
      upperCaution: 85,
      upperCritical: 95,
    },
    {
      id: 'Fan1',
      name: 'Fan 1',
      kind: 'Rotational',
      units: '{rev}/min',
      value: ifOn(4000 + 10 * watts),
      lowerCritical: 600,
    },
    {
      id: 'Fan2',
      name: 'Fan 2',
      kind: 'Rotational',
      units: '{rev}/min',
      value: ifOn(4020 + 10 * watts),
      lowerCritical: 600,
    },
    { id: 'TotalPower', name: 'Power consumption', kind: 'Power', units: 'W', value: watts },
    {
      id: 'Voltage12',
      name: '12 V',
      kind: 'Voltage',
      units: 'V',
      value: ifOn(12.1),
      lowerCritical: 11,
      upperCritical: 13,
    },
  ]
}

/** State of what a reading belongs to. */
export function readingStatus({ value }: Reading) {
  return value === null ? { State: 'UnavailableOffline' } : { State: 'Enabled', Health: 'OK' }
}
