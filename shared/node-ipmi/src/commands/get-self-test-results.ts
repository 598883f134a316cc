import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Values of `result`; other values are device-specific. §20.4, table 20-6. */
export const SelfTestResult = {
  passed: 0x55,
  notImplemented: 0x56,
  /** `detail` has one bit for each inaccessible or corrupted store. */
  corrupted: 0x57,
  fatal: 0x58,
} as const

/** Result of the BMC's self test after power-up. §20.4. `detail` is 00h if it passed, or absent. */
export const getSelfTestResults = command({
  name: 'Get Self Test Results',
  netFn: NetFn.App,
  cmd: 0x04,
  privilege: 'user',
  request: empty,
  response: bits({ result: [0, 8], detail: [8, 8] }, { minLength: 1 }),
})
