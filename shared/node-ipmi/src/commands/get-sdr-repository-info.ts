import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * Number of sensor data records (SDRs), and features of the repository. §33.9. Times are seconds since 1970. An
 * answer may end after the number of records.
 */
export const getSdrRepositoryInfo = command({
  name: 'Get SDR Repository Info',
  netFn: NetFn.Storage,
  cmd: 0x20,
  privilege: 'user',
  request: empty,
  response: bits(
    {
      /** 51h in IPMI v1.5 and v2.0. */
      version: [0, 8],
      records: [8, 16],
      freeBytes: [24, 16],
      lastAddition: [40, 32],
      lastErase: [72, 32],
      allocationInfo: [104],
      reserve: [105],
      partialAdd: [106],
      deleteRecord: [107],
      /** 0 unspecified, 1 non-modal, 2 modal, 3 both. */
      updateMode: [109, 2],
      overflow: [111],
    },
    { minLength: 3 },
  ),
})
