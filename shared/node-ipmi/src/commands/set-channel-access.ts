import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Which settings of a channel a request writes. §22.22. */
export const ChannelSetting = { keep: 0, stored: 1, present: 2 } as const

/** Sets access mode and privilege limit of a channel, each by itself. §22.22. */
export const setChannelAccess = command({
  name: 'Set Channel Access',
  netFn: NetFn.App,
  cmd: 0x40,
  privilege: 'administrator',
  request: bits({
    channel: [0, 4],
    /** 0 disabled, 1 before boot only, 2 always, 3 shared. */
    accessMode: [8, 3],
    userLevelAuthenticationDisabled: [11],
    perMessageAuthenticationDisabled: [12],
    alertingDisabled: [13],
    /** A value of ChannelSetting, for access mode and flags. */
    setAccess: [14, 2],
    privilegeLimit: [16, 4],
    /** A value of ChannelSetting, for the privilege limit. */
    setPrivilegeLimit: [22, 2],
  }),
  response: empty,
  completionCodes: {
    130: 'the channel has no sessions, so these settings cannot be set',
    131: 'the channel does not have this access mode',
  },
})
