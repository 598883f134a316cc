import { type ChassisSensor, SensorType, SensorUnit } from 'node-ipmi/bmc'

interface MachineSensor extends ChassisSensor {
  /** By the machine's power consumption in watts; undefined for a sensor without power. */
  value(isOn: boolean, watts: number): number | undefined
}

const fan = (name: string, idle: number): MachineSensor => ({
  name,
  type: SensorType.fan,
  baseUnit: SensorUnit.rpm,
  step: 40,
  exponent: 0,
  lowerCritical: 600,
  value: (isOn, watts) => (isOn ? idle + 10 * watts : undefined),
})

/** Load warms the processor; inlet and power are measured also while the machine is off. */
const sensors: readonly MachineSensor[] = [
  {
    name: 'Inlet Temp',
    type: SensorType.temperature,
    baseUnit: SensorUnit.celsius,
    step: 1,
    exponent: 0,
    upperNonCritical: 38,
    upperCritical: 43,
    value: () => 24,
  },
  {
    name: 'CPU1 Temp',
    type: SensorType.temperature,
    baseUnit: SensorUnit.celsius,
    step: 1,
    exponent: 0,
    upperNonCritical: 85,
    upperCritical: 95,
    value: (isOn, watts) => (isOn ? 30 + watts / 10 : undefined),
  },
  fan('Fan 1', 4000),
  fan('Fan 2', 4040),
  {
    name: '12 V',
    type: SensorType.voltage,
    baseUnit: SensorUnit.volts,
    step: 6,
    exponent: -2,
    lowerCritical: 11.1,
    upperCritical: 12.9,
    value: (isOn) => (isOn ? 12.06 : undefined),
  },
  {
    name: 'Power',
    type: SensorType.other,
    baseUnit: SensorUnit.watts,
    step: 4,
    exponent: 0,
    value: (_, watts) => watts,
  },
]

/** The sensors of every simulated machine. */
export const machineSensors: readonly ChassisSensor[] = sensors

/** What the sensor at this place measures; undefined where it has no power. */
export function machineSensorValue(index: number, isOn: boolean, watts: number): number | undefined {
  return sensors[index]?.value(isOn, watts)
}
