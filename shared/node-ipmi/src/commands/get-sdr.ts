import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Record ID that stands for the first record in a request, and the one that says "no more" in a response. §33.12. */
export const FIRST_SDR = 0x0000
export const NO_MORE_SDRS = 0xffff
/** `count` that asks for the whole record. */
export const WHOLE_SDR = 0xff

/** Part of a sensor data record. §33.12. A reservation is needed for parts that do not start at offset 0. */
export const getSdr = command({
  name: 'Get SDR',
  netFn: NetFn.Storage,
  cmd: 0x23,
  privilege: 'user',
  request: bits({ reservationId: [0, 16], recordId: [16, 16], offset: [32, 8], count: [40, 8] }),
  response: bits({ nextRecordId: [0, 16], data: bytes(2) }),
})
