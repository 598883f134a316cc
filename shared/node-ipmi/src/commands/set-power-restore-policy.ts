import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * Sets the power state after AC power returns: a value of PowerRestorePolicy, 3 changes nothing. §28.8. The response
 * lists the policies that the chassis supports; some BMCs leave it out.
 */
export const setPowerRestorePolicy = command({
  name: 'Set Power Restore Policy',
  netFn: NetFn.Chassis,
  cmd: 0x06,
  privilege: 'operator',
  request: bits({ policy: [0, 3] }),
  response: bits({ stayOff: [0], previous: [1], powerOn: [2] }, { minLength: 0 }),
})
