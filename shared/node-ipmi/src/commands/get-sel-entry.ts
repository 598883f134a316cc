import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Record IDs of the first and the last record, in a request. §31.5. */
export const FIRST_SEL_ENTRY = 0x0000
export const LAST_SEL_ENTRY = 0xffff
/** Next record ID after the last record, in a response. §31.5. */
export const NO_MORE_SEL_ENTRIES = 0xffff
/** `count` that requests the whole record. */
export const WHOLE_SEL_ENTRY = 0xff

/**
 * One record of the SEL (see sel-record.ts), or a part of it, which needs a reservation if `offset` is not 0. §31.5. An
 * empty log gets CBh.
 */
export const getSelEntry = command({
  name: 'Get SEL Entry',
  netFn: NetFn.Storage,
  cmd: 0x43,
  privilege: 'user',
  request: bits({ reservationId: [0, 16], recordId: [16, 16], offset: [32, 8], count: [40, 8] }),
  response: bits({ nextRecordId: [0, 16], data: bytes(2) }),
  completionCodes: { 129: 'the log is being erased' },
})
