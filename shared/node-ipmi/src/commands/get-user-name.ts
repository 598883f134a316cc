import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * Name of a user, 16 bytes padded with zeros, which some BMCs leave out. §22.29. For an unused ID: zeros, or CCh from
 * some BMCs.
 */
export const getUserName = command({
  name: 'Get User Name',
  netFn: NetFn.App,
  cmd: 0x46,
  privilege: 'operator',
  request: bits({ userId: [0, 6] }),
  response: bits({ name: bytes(0, 16) }, { minLength: 0 }),
})
