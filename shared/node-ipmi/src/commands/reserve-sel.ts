import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * Returns the reservation ID that Clear SEL, and Get SEL Entry for a part of a record, need. §31.4. An added record, a
 * cleared log, another Reserve SEL and a restart of the BMC cancel it.
 */
export const reserveSel = command({
  name: 'Reserve SEL',
  netFn: NetFn.Storage,
  cmd: 0x42,
  privilege: 'user',
  request: empty,
  response: bits({ reservationId: [0, 16] }),
  completionCodes: { 129: 'the log is being erased' },
})
