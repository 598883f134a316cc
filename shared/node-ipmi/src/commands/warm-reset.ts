import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Restarts the BMC's firmware; settings stay. §20.3. Not repeatable: each repeat restarts it again. */
export const warmReset = command({
  name: 'Warm Reset',
  netFn: NetFn.App,
  cmd: 0x03,
  privilege: 'administrator',
  repeatable: false,
  request: empty,
  response: empty,
})
