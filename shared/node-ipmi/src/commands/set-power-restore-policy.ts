import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** What happens when AC power comes back: a value of PowerRestorePolicy, 3 changes nothing. §28.8. Answers with what the chassis supports. */
export const setPowerRestorePolicy = command({
  name: 'Set Power Restore Policy',
  netFn: NetFn.Chassis,
  cmd: 0x06,
  privilege: 'operator',
  request: bits({ policy: [0, 3] }),
  response: bits({ stayOff: [0], previous: [1], powerOn: [2] }),
})
