import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Size of a FRU's inventory area, in bytes. §34.1. */
export const getFruInventoryAreaInfo = command({
  name: 'Get FRU Inventory Area Info',
  netFn: NetFn.Storage,
  cmd: 0x10,
  privilege: 'user',
  request: bits({ deviceId: [0, 8] }),
  response: bits({
    size: [0, 16],
    /** Offsets and counts are of 16-bit words. */
    byWords: [16],
  }),
})
