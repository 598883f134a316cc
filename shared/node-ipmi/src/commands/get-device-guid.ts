import { bits, bytes } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** GUID of the BMC, 16 bytes. §20.8. Many BMCs do not support it, or answer with the GUID of the system. */
export const getDeviceGuid = command({
  name: 'Get Device GUID',
  netFn: NetFn.App,
  cmd: 0x08,
  privilege: 'user',
  request: empty,
  response: bits({ guid: bytes(0, 16) }),
})
