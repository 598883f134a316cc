import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * Size and features of the SEL (System Event Log). §31.2. Times are seconds since 1970. An answer may end after the
 * number of entries.
 */
export const getSelInfo = command({
  name: 'Get SEL Info',
  netFn: NetFn.Storage,
  cmd: 0x40,
  privilege: 'user',
  request: empty,
  response: bits(
    {
      /** 51h in IPMI v1.5 and v2.0. */
      version: [0, 8],
      entries: [8, 16],
      freeBytes: [24, 16],
      lastAddition: [40, 32],
      lastErase: [72, 32],
      allocationInfo: [104],
      reserve: [105],
      partialAdd: [106],
      deleteEntry: [107],
      overflow: [111],
    },
    { minLength: 3 },
  ),
  completionCodes: { 129: 'the log is being erased' },
})
