import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * Part of the inventory area of a FRU. §34.2. `offset`, `count` and `returned` are in bytes, or in words if `byWords`.
 */
export const readFruData = command({
  name: 'Read FRU Data',
  netFn: NetFn.Storage,
  cmd: 0x11,
  privilege: 'user',
  request: bits({ deviceId: [0, 8], offset: [8, 16], count: [24, 8] }),
  response: bits({ returned: [0, 8], data: bytes(1) }),
  completionCodes: { 129: 'the FRU device is busy' },
})
