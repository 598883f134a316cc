import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** `medium`, `protocol` and `sessionSupport` of a LAN channel. §6.4, §6.5, §22.24. */
export const LanChannel = { medium: 0x04, protocol: 0x01, sessionSupport: 2 } as const

/** Medium, protocol and active sessions of a channel. §22.24. An answer may end after them. */
export const getChannelInfo = command({
  name: 'Get Channel Info',
  netFn: NetFn.App,
  cmd: 0x42,
  privilege: 'user',
  request: bits({ channel: [0, 4] }),
  response: bits(
    {
      channel: [0, 4],
      medium: [8, 7],
      protocol: [16, 5],
      activeSessions: [24, 6],
      sessionSupport: [30, 2],
      /** IANA enterprise number of the protocol's owner; 7154 is the IPMI forum. */
      vendorId: [32, 24],
      auxiliary: [56, 16],
    },
    { minLength: 4 },
  ),
})
