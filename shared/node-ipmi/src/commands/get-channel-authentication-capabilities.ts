import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Channel number that stands for "the one this request came by". §6.3. */
export const PRESENT_CHANNEL = 0x0e

/** What a session may be opened with. §22.13. Comes before any session, as a rule in IPMI v1.5 framing. */
export const getChannelAuthenticationCapabilities = command({
  name: 'Get Channel Authentication Capabilities',
  netFn: NetFn.App,
  cmd: 0x38,
  privilege: 'none',
  request: bits({
    channel: [0, 4],
    /** Asks for `extended`; a BMC of IPMI v1.5 may answer CCh to it. */
    version20: [7],
    privilege: [8, 4],
  }),
  response: bits({
    channel: [0, 8],
    none: [8],
    md2: [9],
    md5: [10],
    straightPassword: [12],
    oem: [13],
    /** Byte 4 says which versions of IPMI a session may be of. */
    extended: [15],
    anonymousLogin: [16],
    nullUsernames: [17],
    nonNullUsernames: [18],
    userLevelAuthenticationDisabled: [19],
    perMessageAuthenticationDisabled: [20],
    /** The two-key login: K_g is set to something other than zero. */
    kgSet: [21],
    version15Sessions: [24],
    version20Sessions: [25],
    oemId: [32, 24],
    oemData: [56, 8],
  }),
})
