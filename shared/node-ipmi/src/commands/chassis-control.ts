import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Values of the control field. §28.3, table 28-4. */
export const ChassisControl = {
  powerDown: 0,
  powerUp: 1,
  powerCycle: 2,
  hardReset: 3,
  diagnosticInterrupt: 4,
  softShutdown: 5,
} as const

export type ChassisControlName = keyof typeof ChassisControl

const onceOnly: ReadonlySet<number> = new Set([
  ChassisControl.powerCycle,
  ChassisControl.hardReset,
  ChassisControl.diagnosticInterrupt,
  ChassisControl.softShutdown,
])

/**
 * Power and reset control. §28.3. A power cycle of a system that is off gets D5h. Power cycle, hard reset, diagnostic
 * interrupt and soft shutdown are not repeatable: each repeat executes again.
 */
export const chassisControl = command({
  name: 'Chassis Control',
  netFn: NetFn.Chassis,
  cmd: 0x02,
  privilege: 'operator',
  repeatable: ({ control }) => !onceOnly.has(control),
  offShowsIt: ({ control }) => control === ChassisControl.powerCycle || control === ChassisControl.softShutdown,
  request: bits({ control: [0, 4] }),
  response: empty,
})
