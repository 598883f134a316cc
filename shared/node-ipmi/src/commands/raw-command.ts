import { raw } from '../codec/raw.ts'
import { type Command, command } from './command.ts'

/**
 * A command by its numbers: `netFn` even, 0..62; `cmd` 0..255. Not repeatable, since its effect is unknown. Throws
 * RangeError for numbers out of range.
 */
export function rawCommand(netFn: number, cmd: number): Command<Uint8Array, Uint8Array> {
  if (!Number.isInteger(netFn) || netFn < 0 || netFn > 0x3e || netFn % 2 !== 0) {
    throw new RangeError('netFn: an even integer from 0 to 62 expected')
  }
  if (!Number.isInteger(cmd) || cmd < 0 || cmd > 0xff) throw new RangeError('cmd: an integer from 0 to 255 expected')
  const name = `Raw ${hex(netFn)} ${hex(cmd)}`
  return command({ name, netFn, cmd, privilege: 'user', repeatable: false, request: raw, response: raw })
}

function hex(byte: number): string {
  return `${byte.toString(16).padStart(2, '0').toUpperCase()}h`
}
