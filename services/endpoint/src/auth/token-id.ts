import { randomBytes } from 'node:crypto'

/** Returns a new id of a token: 32 hexadecimal digits, so that it can stand on a command line as it is. */
export function newTokenId(): string {
  return randomBytes(16).toString('hex')
}
