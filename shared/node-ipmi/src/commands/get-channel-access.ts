import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Access mode and limits of a channel. §22.23. */
export const getChannelAccess = command({
  name: 'Get Channel Access',
  netFn: NetFn.App,
  cmd: 0x41,
  privilege: 'user',
  request: bits({
    channel: [0, 4],
    /** 1: non-volatile settings. 2: present settings. */
    source: [14, 2],
  }),
  response: bits({
    /** 0 disabled, 1 before boot only, 2 always, 3 shared. */
    accessMode: [0, 3],
    userLevelAuthenticationDisabled: [3],
    perMessageAuthenticationDisabled: [4],
    alertingDisabled: [5],
    privilegeLimit: [8, 4],
  }),
})
