import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Values of `enabled`; a BMC older than errata E443 sends `unspecified`. */
export const UserEnabled = { unspecified: 0, enabled: 1, disabled: 2 } as const

/** Privilege limit and access flags of a user on a channel, and number of users. §22.27. */
export const getUserAccess = command({
  name: 'Get User Access',
  netFn: NetFn.App,
  cmd: 0x44,
  privilege: 'operator',
  request: bits({ channel: [0, 4], userId: [8, 6] }),
  response: bits({
    maxUsers: [0, 6],
    enabledUsers: [8, 6],
    enabled: [14, 2],
    fixedNames: [16, 6],
    /** 0Fh: no access. */
    privilegeLimit: [24, 4],
    ipmiMessaging: [28],
    linkAuthentication: [29],
    callbackOnly: [30],
  }),
})
