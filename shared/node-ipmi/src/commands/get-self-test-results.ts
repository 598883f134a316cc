import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Values of `result`; anything else is the device's own. §20.4, table 20-6. */
export const SelfTestResult = {
  passed: 0x55,
  notImplemented: 0x56,
  /** `detail` has one bit for each inaccessible or corrupted store. */
  corrupted: 0x57,
  fatal: 0x58,
} as const

/** Outcome of the BMC's own test after power-up. §20.4. Where it passed, `detail` is 00h. */
export const getSelfTestResults = command({
  name: 'Get Self Test Results',
  netFn: NetFn.App,
  cmd: 0x04,
  privilege: 'user',
  request: empty,
  response: bits({ result: [0, 8], detail: [8, 8] }),
})
