import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Sets the privilege limit of a user on a channel and, with `setFlags`, the three flags. §22.26. */
export const setUserAccess = command({
  name: 'Set User Access',
  netFn: NetFn.App,
  cmd: 0x43,
  privilege: 'administrator',
  request: bits(
    {
      channel: [0, 4],
      ipmiMessaging: [4],
      linkAuthentication: [5],
      /** Callback level is the limit, except after a callback by the BMC. */
      callbackOnly: [6],
      setFlags: [7],
      userId: [8, 6],
      /** 0Fh: no access. */
      privilegeLimit: [16, 4],
      /** Simultaneous sessions of the user; 0: no limit. */
      sessionLimit: [24, 4],
    },
    { minLength: 3 },
  ),
  response: empty,
})
