import { bits, bytes } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Sets one parameter of a LAN channel; see lan-parameters.ts. §23.1. */
export const setLanConfigurationParameters = command({
  name: 'Set LAN Configuration Parameters',
  netFn: NetFn.Transport,
  cmd: 0x01,
  privilege: 'administrator',
  request: bits({ channel: [0, 4], parameter: [8, 8], data: bytes(2) }),
  response: empty,
  completionCodes: {
    128: 'parameter not supported',
    129: 'another party is setting the LAN parameters',
    130: 'this parameter is read-only',
  },
})
