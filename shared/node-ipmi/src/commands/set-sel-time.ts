import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Sets the clock of the SEL: seconds since 1970. §31.11. */
export const setSelTime = command({
  name: 'Set SEL Time',
  netFn: NetFn.Storage,
  cmd: 0x49,
  privilege: 'operator',
  request: bits({ time: [0, 32] }),
  response: empty,
})
