import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Record ID of the first record, in a request. §33.12. */
export const FIRST_SDR = 0x0000
/** Next record ID after the last record, in a response. §33.12. */
export const NO_MORE_SDRS = 0xffff
/** `count` that requests the whole record. */
export const WHOLE_SDR = 0xff

/** Part of a sensor data record. §33.12. A part at an offset above 0 needs a reservation. */
export const getSdr = command({
  name: 'Get SDR',
  netFn: NetFn.Storage,
  cmd: 0x23,
  privilege: 'user',
  request: bits({ reservationId: [0, 16], recordId: [16, 16], offset: [32, 8], count: [40, 8] }),
  response: bits({ nextRecordId: [0, 16], data: bytes(2) }),
})
