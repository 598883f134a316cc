import { randomBytes } from 'node:crypto'

/** 16 characters of 6 random bits each; IPMI takes 20 at most. */
export function newLabPassword(): string {
  return randomBytes(12).toString('base64url')
}
