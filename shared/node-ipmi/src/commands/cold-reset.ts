import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * Restarts the BMC with its power-on defaults; all sessions end, and the system keeps running. §20.2. Not repeatable:
 * each repeat restarts it again. Some BMCs restart before they answer.
 */
export const coldReset = command({
  name: 'Cold Reset',
  netFn: NetFn.App,
  cmd: 0x02,
  privilege: 'administrator',
  repeatable: false,
  request: empty,
  response: empty,
})
