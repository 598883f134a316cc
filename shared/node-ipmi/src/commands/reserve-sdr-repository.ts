import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Returns the reservation ID that Get SDR needs to read a record in parts. §33.11. */
export const reserveSdrRepository = command({
  name: 'Reserve SDR Repository',
  netFn: NetFn.Storage,
  cmd: 0x22,
  privilege: 'user',
  request: empty,
  response: bits({ reservationId: [0, 16] }),
})
