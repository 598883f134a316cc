import { bits, bytes } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * Sets one boot option parameter; boot-option-parameters.ts encodes `data`. Empty `data` changes only `invalid`.
 * §28.12.
 */
export const setSystemBootOptions = command({
  name: 'Set System Boot Options',
  netFn: NetFn.Chassis,
  cmd: 0x08,
  privilege: 'operator',
  request: bits({ parameter: [0, 7], invalid: [7], data: bytes(1) }),
  response: empty,
  completionCodes: {
    128: 'the BMC does not support this boot option parameter',
    129: 'another party is setting the boot options',
    130: 'this boot option parameter is read-only',
  },
})
