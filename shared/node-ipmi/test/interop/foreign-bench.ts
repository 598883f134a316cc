import { randomBytes } from 'node:crypto'
import {
  Bmc,
  type BmcOptions,
  type BootFlags,
  type ChassisControlName,
  type ChassisSensor,
  listenBmc,
  SensorType,
  SensorUnit,
  systemClock,
} from '../../src/bmc/index.ts'

export interface ForeignBench {
  readonly bmc: Bmc
  readonly target: {
    readonly address: string
    readonly port: number
    readonly username: string
    readonly password: string
  }
  readonly machine: { on: boolean; readonly orders: ChassisControlName[]; readonly boots: (BootFlags | undefined)[] }
}

const sensors: readonly ChassisSensor[] = [
  {
    name: 'CPU1 Temp',
    type: SensorType.temperature,
    baseUnit: SensorUnit.celsius,
    step: 1,
    exponent: 0,
    upperNonCritical: 85,
    upperCritical: 95,
  },
  { name: 'Fan 1', type: SensorType.fan, baseUnit: SensorUnit.rpm, step: 40, exponent: 0, lowerCritical: 600 },
  { name: '12 V', type: SensorType.voltage, baseUnit: SensorUnit.volts, step: 6, exponent: -2 },
]

/** A BMC on a free port of the loopback, for programs that others wrote. */
export async function foreignBench(
  t: { teardown(end: () => Promise<void>): void },
  options: Partial<BmcOptions> = {},
): Promise<ForeignBench> {
  const machine: ForeignBench['machine'] = { on: true, orders: [], boots: [] }
  const bmc = new Bmc({
    clock: systemClock,
    random: randomBytes,
    guid: '31303043-534d-2500-90d8-7a1600000000',
    inventory: { manufacturer: 'Powerbus', product: 'Lab machine', serialNumber: '0042' },
    users: [{ name: 'admin', password: 'quoted "p$\'s' }],
    chassis: {
      isOn: () => machine.on,
      control(verb, boot) {
        machine.orders.push(verb)
        machine.boots.push(boot)
        if (verb === 'powerUp') machine.on = true
        if (verb === 'powerDown' || verb === 'softShutdown') machine.on = false
        return 'accepted'
      },
      sensors,
      sensorValue: (index) => (machine.on ? [88, 4200, 12.06][index] : undefined),
      powerOnMinutes: () => 90,
      powerReading: () => ({ watts: machine.on ? 180 : 4, minimumWatts: 4, maximumWatts: 220, averageWatts: 150 }),
    },
    lan: { subnetMask: '255.0.0.0', gateway: '127.0.0.254', macAddress: '02:00:00:00:00:07', source: 'dhcp' },
    ...options,
  })
  const listener = await listenBmc(bmc, { address: '127.0.0.1', port: 0 })
  t.teardown(() => listener.close())
  const { address, port } = listener
  return { bmc, machine, target: { address, port, username: 'admin', password: 'quoted "p$\'s' } }
}
