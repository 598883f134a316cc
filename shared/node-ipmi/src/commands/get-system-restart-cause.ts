import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Values of `cause`. §28.11, table 28-11. */
export const RestartCause = {
  unknown: 0x0,
  chassisControl: 0x1,
  resetButton: 0x2,
  powerButton: 0x3,
  watchdog: 0x4,
  oem: 0x5,
  alwaysRestore: 0x6,
  restorePrevious: 0x7,
  pefReset: 0x8,
  pefPowerCycle: 0x9,
  softReset: 0xa,
  realTimeClock: 0xb,
} as const

/** Cause of the last system start. §28.11. `channel` is the channel of the command, if a command was the cause; 0 if absent. */
export const getSystemRestartCause = command({
  name: 'Get System Restart Cause',
  netFn: NetFn.Chassis,
  cmd: 0x07,
  privilege: 'user',
  request: empty,
  response: bits({ cause: [0, 4], channel: [8, 8] }, { minLength: 1 }),
})
