import type { BmcSession } from './bmc-session.ts'
import type { IpmiError } from './ipmi-error.ts'

/** The error of a run that had no answer until its deadline, with what is known of the reason. */
export function noAnswer(session: BmcSession, nowMs: number): IpmiError {
  const waited = `no answer in ${((nowMs - session.startedMs) / 1000).toFixed(1)} s`
  return session.error('timeout', `${waited}${reason(session)}`, nowMs)
}

/** Empty where nothing is known. */
export function reason({ otherSource, probeAnswered, open, user, handshake }: BmcSession): string {
  if (otherSource !== undefined) return `; answers came from ${otherSource} instead: use that as the address`
  if (!probeAnswered || open !== undefined || user === undefined || handshake === undefined) return ''
  return '; the BMC answers outside a session, but opens none: check that IPMI over LAN is enabled for this channel'
}
