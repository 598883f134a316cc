import { bits, bytes } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Sets the name of a user: 16 bytes, padded with zeros. User 1 has none. §22.28. */
export const setUserName = command({
  name: 'Set User Name',
  netFn: NetFn.App,
  cmd: 0x45,
  privilege: 'administrator',
  request: bits({ userId: [0, 6], name: bytes(1, 16) }),
  response: empty,
})
