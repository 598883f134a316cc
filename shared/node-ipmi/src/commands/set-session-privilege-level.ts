import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * Raises or lowers the session's privilege level, which starts at User. §22.18. Level 0 only reads the present level.
 */
export const setSessionPrivilegeLevel = command({
  name: 'Set Session Privilege Level',
  netFn: NetFn.App,
  cmd: 0x3b,
  privilege: 'user',
  request: bits({ level: [0, 4] }),
  /** Some BMCs leave out the level. */
  response: bits({ level: [0, 4] }, { minLength: 0 }),
  completionCodes: {
    128: 'the requested level is not available for this user',
    129: "the requested level exceeds the channel's or user's limit",
    130: 'user level authentication cannot be disabled',
  },
})
