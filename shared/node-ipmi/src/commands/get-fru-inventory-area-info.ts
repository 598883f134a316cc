import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Size of the inventory area of a FRU, in bytes. §34.1. */
export const getFruInventoryAreaInfo = command({
  name: 'Get FRU Inventory Area Info',
  netFn: NetFn.Storage,
  cmd: 0x10,
  privilege: 'user',
  request: bits({ deviceId: [0, 8] }),
  response: bits(
    {
      size: [0, 16],
      /** True: Read FRU Data counts in 16-bit words. False, or absent: in bytes. */
      byWords: [16],
    },
    { minLength: 2 },
  ),
})
