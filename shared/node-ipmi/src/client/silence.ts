import { getDeviceId } from '../commands/get-device-id.ts'
import type { LanResponse } from '../wire/lan-message.ts'
import { type BmcSession, NEVER } from './bmc-session.ts'
import type { Dispatcher } from './dispatcher.ts'
import { probeDatagram, readProbe } from './probe.ts'

/** Silence after which a BMC is probed, in milliseconds. */
const PROBE_AFTER_MS = 2500
/** Least time between two probes: in the session, outside of it, and of a BMC that has answered nothing yet. */
const PROBE_INSIDE_EVERY_MS = 900
const PROBE_EVERY_MS = 900
const PROBE_UNOPENED_EVERY_MS = 6000
/** Least wait for the answer to a probe in the session. */
const PROBE_ANSWER_MS = 900
/** A command was sent so often at least before its session counts as lost. */
const LOST_TRANSMISSIONS = 3
/**
 * How long a session is silent before it counts as lost, if the BMC answers outside of it: one that answered before, and
 * for a command that only reads; any other. Some BMCs answer a command after 8 s.
 */
const LOST_AFTER_MS = 4000
const PATIENT_MS = 10_000
/** The same for a session that was already silent at the end of the run before. */
const SUSPECT_AFTER_MS = 500

/**
 * Tells a BMC that is slow from one that has lost the session (it restarted), and from nothing at all. It asks outside of
 * the session, and in it under a new rqSeq. No second session is opened before.
 */
export class Silence {
  readonly #dispatcher: Dispatcher
  readonly #random: (length: number) => Uint8Array

  constructor(dispatcher: Dispatcher, random: (length: number) => Uint8Array) {
    this.#dispatcher = dispatcher
    this.#random = random
  }

  /** Whether the session is lost. Probes the BMC where that may tell. Called when a transmission was not answered in time. */
  isLost(session: BmcSession, nowMs: number): boolean {
    const quietMs = quietMsOf(session, nowMs)
    if (!session.isSuspect && quietMs < PROBE_AFTER_MS) return false
    const isDeaf = session.aliveSinceMs > session.heardMs && nowMs - session.aliveSinceMs >= PROBE_ANSWER_MS
    this.#probe(session, nowMs, PROBE_EVERY_MS)
    this.#probeInside(session, nowMs)
    if (!session.probeAnswered || session.transmissions < LOST_TRANSMISSIONS) return false
    return session.isSuspect ? quietMs >= SUSPECT_AFTER_MS : isDeaf && quietMs >= this.#patienceMs(session)
  }

  /** Probes a BMC that has not answered Open Session for a while. */
  probeUnopened(session: BmcSession, nowMs: number): void {
    if (nowMs - session.firstSentMs >= PROBE_AFTER_MS) this.#probe(session, nowMs, PROBE_UNOPENED_EVERY_MS)
  }

  /** Whether the datagram answers the probe outside the session; sets `session.probeAnswered`. Throws MalformedError. */
  readProbe(session: BmcSession, datagram: Uint8Array): 'version-2.0' | 'version-1.5' | undefined {
    if (session.probe < 0) return undefined
    const answer = readProbe(datagram, session.probe)
    if (answer === undefined) return undefined
    session.probeAnswered = true
    return answer.speaksVersion20 ? 'version-2.0' : 'version-1.5'
  }

  /** Whether an authentic answer is the one to the probe in the session. */
  readInside(session: BmcSession, { sequence, command }: LanResponse): boolean {
    if (sequence !== session.aliveSequence || command !== getDeviceId.cmd) return false
    session.aliveSequence = -1
    return true
  }

  /** The session was silent for so long at the end of a run that the next one doubts it. */
  isSuspect(session: BmcSession, nowMs: number): boolean {
    return session.transmissions > 1 && quietMsOf(session, nowMs) >= PROBE_AFTER_MS
  }

  /** Probes outside of a session that may be closed. */
  probeClosed(session: BmcSession, nowMs: number): void {
    this.#probe(session, nowMs, 0)
  }

  forgetProbe(session: BmcSession): void {
    session.probe = -1
    session.probeAnswered = false
    session.probeSentMs = NEVER
  }

  /** Forgets the probes of the session before. */
  forget(session: BmcSession): void {
    this.forgetProbe(session)
    session.aliveSequence = -1
    session.aliveSentMs = NEVER
    session.aliveSinceMs = NEVER
    session.heardMs = NEVER
    session.isSuspect = false
  }

  #patienceMs(session: BmcSession): number {
    const wasHeard = session.heardMs > NEVER
    return wasHeard && session.request?.changes !== true ? LOST_AFTER_MS : PATIENT_MS
  }

  #probe(session: BmcSession, nowMs: number, everyMs: number): void {
    if (session.probeAnswered || nowMs - session.probeSentMs < everyMs) return
    session.probeSentMs = nowMs
    if (session.probe < 0) session.probe = (this.#random(1)[0] ?? 0) & 0x3f
    this.#dispatcher.tell(session, probeDatagram(session.probe, session.login.privilege))
  }

  #probeInside(session: BmcSession, nowMs: number): void {
    const { open } = session
    if (open === undefined || nowMs - session.aliveSentMs < PROBE_INSIDE_EVERY_MS) return
    session.aliveSentMs = nowMs
    session.numbers.uncertainSinceMs = nowMs
    if (session.aliveSinceMs <= session.heardMs) session.aliveSinceMs = nowMs
    session.aliveSequence = open.nextRequestSequence()
    const { netFn, cmd } = getDeviceId
    const message = { netFn, command: cmd, sequence: session.aliveSequence, data: new Uint8Array(0) }
    this.#dispatcher.tell(session, open.seal(message))
  }
}

/** How long the exchange has waited without a word in the session. */
function quietMsOf({ firstSentMs, heardMs }: BmcSession, nowMs: number): number {
  return nowMs - Math.max(firstSentMs, heardMs)
}
