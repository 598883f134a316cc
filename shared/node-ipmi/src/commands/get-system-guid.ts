import { bits, bytes } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * GUID of the managed system, 16 bytes; see spec/guid.ts for their order. §22.14. BMCs also answer it outside a
 * session.
 */
export const getSystemGuid = command({
  name: 'Get System GUID',
  netFn: NetFn.App,
  cmd: 0x37,
  privilege: 'none',
  request: empty,
  response: bits({ guid: bytes(0, 16) }),
})
