import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'
import { SEL_RECORD_LENGTH } from './sel-record.ts'

/**
 * Adds a record (see sel-record.ts) to the SEL; the BMC sets its record ID, and its timestamp unless the type is
 * E0h..FFh. §31.6. Not repeatable: each repeat adds a record.
 */
export const addSelEntry = command({
  name: 'Add SEL Entry',
  netFn: NetFn.Storage,
  cmd: 0x44,
  privilege: 'operator',
  repeatable: false,
  request: bits({ record: bytes(0, SEL_RECORD_LENGTH) }),
  response: bits({ recordId: [0, 16] }),
  completionCodes: { 128: 'the log does not take records of this type', 129: 'the log is being erased' },
})
