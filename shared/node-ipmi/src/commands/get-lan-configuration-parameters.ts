import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** One parameter of a LAN channel; see lan-parameters.ts. §23.2. */
export const getLanConfigurationParameters = command({
  name: 'Get LAN Configuration Parameters',
  netFn: NetFn.Transport,
  cmd: 0x02,
  privilege: 'operator',
  request: bits({
    channel: [0, 4],
    /** Asks for the revision alone, without data. */
    revisionOnly: [7],
    parameter: [8, 8],
    set: [16, 8],
    block: [24, 8],
  }),
  response: bits({
    /** 11h. */
    revision: [0, 8],
    data: bytes(1),
  }),
  completionCodes: { 128: 'parameter not supported' },
})
