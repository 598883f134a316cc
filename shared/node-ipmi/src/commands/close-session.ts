import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Closes a session. §22.19. Client and BMC of this package close only the session that the command comes by. */
export const closeSession = command({
  name: 'Close Session',
  netFn: NetFn.App,
  cmd: 0x3c,
  privilege: 'callback',
  request: bits({ sessionId: [0, 32] }),
  response: empty,
  completionCodes: { 135: 'invalid session ID', 136: 'invalid session handle' },
})
