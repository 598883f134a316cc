import { bits } from '../codec/bits.ts'
import type { Codec } from '../codec/codec.ts'

/** RMCP+ Open Session Request, 32 bytes, with an algorithm payload each of type 00h, 01h and 02h. §13.17. */
export const openSessionRequest = bits(
  {
    tag: [0, 8],
    /** 0 requests the highest level that the proposed algorithms allow. */
    privilege: [8, 4],
    consoleSessionId: [32, 32],
    authenticationType: [64, 8],
    authenticationLength: [88, 8],
    authenticationAlgorithm: [96, 6],
    integrityType: [128, 8],
    integrityLength: [152, 8],
    integrityAlgorithm: [160, 6],
    confidentialityType: [192, 8],
    confidentialityLength: [216, 8],
    confidentialityAlgorithm: [224, 6],
  },
  { length: 32 },
)

/** Type and length bytes of the three algorithm payloads. §13.17, table 13-9. */
export const algorithmPayloadHeaders = {
  authenticationType: 0x00,
  authenticationLength: 8,
  integrityType: 0x01,
  integrityLength: 8,
  confidentialityType: 0x02,
  confidentialityLength: 8,
} as const

const accepted = bits(
  {
    tag: [0, 8],
    status: [8, 8],
    privilege: [16, 4],
    consoleSessionId: [32, 32],
    managedSessionId: [64, 32],
    authenticationType: [96, 8],
    authenticationLength: [120, 8],
    authenticationAlgorithm: [128, 6],
    integrityType: [160, 8],
    integrityLength: [184, 8],
    integrityAlgorithm: [192, 6],
    confidentialityType: [224, 8],
    confidentialityLength: [248, 8],
    confidentialityAlgorithm: [256, 6],
  },
  { length: 36, minLength: 33 },
)

/** A refusal ends after the console session ID; ipmi_sim sends only tag and status (2 bytes). §13.18. */
const refused = bits({ tag: [0, 8], status: [8, 8], consoleSessionId: [32, 32] }, { minLength: 2 })

export type OpenSessionResponse = ReturnType<typeof accepted.decode>

/**
 * RMCP+ Open Session Response, 36 bytes. With a status other than 00h, bytes after the first 8 read as zero. §13.18.
 */
export const openSessionResponse: Codec<OpenSessionResponse> = {
  minLength: refused.minLength,
  maxLength: accepted.maxLength,
  decode(payload) {
    if (payload.length >= refused.minLength && payload[1] === 0) return accepted.decode(payload)
    refused.decode(payload)
    const padded = new Uint8Array(accepted.maxLength)
    padded.set(payload.subarray(0, 8))
    return accepted.decode(padded)
  },
  encode: (message) => (message.status === 0 ? accepted.encode(message) : refused.encode(message)),
}
