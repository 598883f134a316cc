import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** The clock that gives SEL records their timestamps: seconds since 1970. §31.10. */
export const getSelTime = command({
  name: 'Get SEL Time',
  netFn: NetFn.Storage,
  cmd: 0x48,
  privilege: 'user',
  request: empty,
  response: bits({ time: [0, 32] }),
})
