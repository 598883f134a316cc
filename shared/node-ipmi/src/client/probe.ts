import {
  getChannelAuthenticationCapabilities,
  PRESENT_CHANNEL,
} from '../commands/get-channel-authentication-capabilities.ts'
import { isAnswerTo, lanRequest, lanResponse } from '../wire/lan-message.ts'
import { sessionlessPacket } from '../wire/session-v15.ts'

/** What a BMC says of itself outside a session. */
export interface ProbeAnswer {
  /** It can open IPMI v2.0 sessions. */
  readonly speaksVersion20: boolean
}

/**
 * Get Channel Authentication Capabilities in IPMI v1.5 framing, which every BMC answers without a login. §22.13.
 * `sequence`: rqSeq, 0..63, random, so that the answer cannot be guessed by who has not seen the request.
 */
export function probeDatagram(sequence: number, privilege: number): Uint8Array {
  const { netFn, cmd, request } = getChannelAuthenticationCapabilities
  const data = request.encode({ channel: PRESENT_CHANNEL, version20: true, privilege })
  return sessionlessPacket.encode(lanRequest.encode({ netFn, command: cmd, sequence, data }))
}

/** Reads the answer to the probe; undefined for another message. Throws MalformedError. */
export function readProbe(datagram: Uint8Array, sequence: number): ProbeAnswer | undefined {
  const { netFn, cmd, response } = getChannelAuthenticationCapabilities
  const answer = lanResponse.decode(sessionlessPacket.decode(datagram))
  if (!isAnswerTo({ netFn, command: cmd, sequence }, answer)) return undefined
  // A BMC of version 1.5 refuses the bit that asks for version 2.0, or gives no extended answer.
  if (answer.completionCode !== 0) return { speaksVersion20: false }
  const { extended, version20Sessions } = response.decode(answer.data)
  return { speaksVersion20: extended && version20Sessions }
}
