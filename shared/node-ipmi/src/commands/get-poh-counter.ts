import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Power-on time in minutes: `count` times `minutesPerCount`. §28.14. */
export const getPohCounter = command({
  name: 'Get POH Counter',
  netFn: NetFn.Chassis,
  cmd: 0x0f,
  privilege: 'user',
  request: empty,
  response: bits({ minutesPerCount: [0, 8], count: [8, 32] }),
})
