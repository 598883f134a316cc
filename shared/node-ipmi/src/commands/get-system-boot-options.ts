import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Reads one boot option parameter; boot-option-parameters.ts decodes `data`. §28.13. */
export const getSystemBootOptions = command({
  name: 'Get System Boot Options',
  netFn: NetFn.Chassis,
  cmd: 0x09,
  privilege: 'operator',
  request: bits({ parameter: [0, 7], set: [8, 8], block: [16, 8] }),
  response: bits({
    /** Always 1 in IPMI v2.0. */
    version: [0, 4],
    parameter: [8, 7],
    /** Whether the parameter is marked invalid or locked. */
    invalid: [15],
    data: bytes(2),
  }),
  completionCodes: { 128: 'the BMC does not support this boot option parameter' },
})
