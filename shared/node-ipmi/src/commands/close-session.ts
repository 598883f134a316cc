import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Ends the session. §22.19. Closing another session than one's own takes Administrator; our ends close only their own. */
export const closeSession = command({
  name: 'Close Session',
  netFn: NetFn.App,
  cmd: 0x3c,
  privilege: 'callback',
  request: bits({ sessionId: [0, 32] }),
  response: empty,
  completionCodes: { 135: 'invalid session ID', 136: 'invalid session handle' },
})
