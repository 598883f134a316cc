import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Part of a FRU's inventory area. §34.2. `returned` counts as the area does: bytes, or words. */
export const readFruData = command({
  name: 'Read FRU Data',
  netFn: NetFn.Storage,
  cmd: 0x11,
  privilege: 'user',
  request: bits({ deviceId: [0, 8], offset: [8, 16], count: [24, 8] }),
  response: bits({ returned: [0, 8], data: bytes(1) }),
  completionCodes: { 129: 'the FRU device is busy' },
})
