import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Channel number for the channel by which the request came. §6.3. */
export const PRESENT_CHANNEL = 0x0e

/**
 * Authentication types and IPMI versions for opening a session. §22.13. Consoles send it first, mostly in IPMI v1.5
 * framing. An answer without the bytes of IPMI v2.0 says that the BMC does not speak it.
 */
export const getChannelAuthenticationCapabilities = command({
  name: 'Get Channel Authentication Capabilities',
  netFn: NetFn.App,
  cmd: 0x38,
  privilege: 'none',
  request: bits({
    channel: [0, 4],
    /** Asks for `extended`; an IPMI v1.5 BMC may answer CCh. */
    version20: [7],
    privilege: [8, 4],
  }),
  response: bits(
    {
      channel: [0, 8],
      none: [8],
      md2: [9],
      md5: [10],
      straightPassword: [12],
      oem: [13],
      /** The response says which IPMI versions a session may use. */
      extended: [15],
      anonymousLogin: [16],
      nullUsernames: [17],
      nonNullUsernames: [18],
      userLevelAuthenticationDisabled: [19],
      perMessageAuthenticationDisabled: [20],
      /** K_g is not zero (two-key login). */
      kgSet: [21],
      version15Sessions: [24],
      version20Sessions: [25],
      oemId: [32, 24],
      oemData: [56, 8],
    },
    { minLength: 2 },
  ),
})
