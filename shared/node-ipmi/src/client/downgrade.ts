import { PRESENT_CHANNEL } from '../commands/get-channel-authentication-capabilities.ts'
import { CIPHER_SUITE_PART_LENGTH, getChannelCipherSuites } from '../commands/get-channel-cipher-suites.ts'
import { cipherSuites } from '../crypto/cipher-suite.ts'
import type { BmcSession } from './bmc-session.ts'

/** Sessions with suite 3 that are given up for another try of 17, before the BMC is taken at its word. */
const MOST_DOWNGRADES = 2
/** Tag of an integrity algorithm in a list of algorithms, and in a cipher suite record. §22.15.1, table 22-18. */
const INTEGRITY_TAG = 0x40

/**
 * A refusal of suite 17 is not authenticated: anybody can send one, and have suite 3 used. The BMC's list of algorithms,
 * asked for in the session, is.
 */
export function isDowngradeCheckDue({ wasRefused17, downgrades, open }: BmcSession): boolean {
  return wasRefused17 && downgrades < MOST_DOWNGRADES && open?.cipherSuite === 3
}

/** The list of the algorithms of the channel. §22.15. Most BMCs have less than one part of them. */
export const algorithmListRequest: Uint8Array = getChannelCipherSuites.request.encode({
  channel: PRESENT_CHANNEL,
  payloadType: 0,
  index: 0,
  bySuite: false,
})

/** Whether the list has the integrity algorithm of suite 17; BMCs that list suites instead have the same byte. */
export function listsSuite17(completionCode: number, data: Uint8Array): boolean {
  if (completionCode !== 0) return false
  return data.subarray(1, 1 + CIPHER_SUITE_PART_LENGTH).includes(INTEGRITY_TAG | cipherSuites[17].integrityAlgorithm)
}
