import { type CipherSuite, cipherSuites } from '../crypto/cipher-suite.ts'
import { equalInConstantTime } from '../crypto/equal.ts'
import { rakp2Code, rakp3Code, rakp4Code } from '../crypto/rakp-codes.ts'
import type { RakpExchange } from '../crypto/rakp-exchange.ts'
import { deriveSessionKeys, type SessionKeys } from '../crypto/session-keys.ts'
import { RmcpPlusStatus } from '../spec/rmcp-plus-status.ts'
import type { ConsoleOptions } from './console-options.ts'
import type { Answered, ConsoleFlow } from './console-step.ts'
import { type OpenSessionAnswer, openSessionStep, rakp1Step, rakp3Step, refuseRakp2Step } from './console-steps.ts'
import { HandshakeRefusal } from './handshake-refusal.ts'
import { NAME_ONLY_LOOKUP } from './rakp-1.ts'
import type { Rakp2 } from './rakp-2.ts'
import type { Rakp4 } from './rakp-4.ts'

export interface ConsoleHandshake {
  readonly keys: SessionKeys
  readonly managedSessionId: number
}

/**
 * The console's side of opening a session: Open Session, RAKP 1 to 4. §13.15. Throws HandshakeRefusal. On a wrong
 * password it sends RAKP 3 with a status, so that the BMC frees the half-open session at once.
 */
export function* openConsoleSession(options: ConsoleOptions): ConsoleFlow<ConsoleHandshake> {
  const { suite, managedSessionId } = yield* agreeOnSuite(options)
  const role = options.privilege | NAME_ONLY_LOOKUP

  const second = (yield rakp1Step(options, suite, managedSessionId, role)) as Answered<Rakp2>
  if (second.answer.status !== RmcpPlusStatus.Ok) {
    throw new HandshakeRefusal('RAKP 2', second.answer.status, second.transmissions > 1)
  }
  const { managedRandom, managedGuid } = second.answer
  const exchange: RakpExchange = { ...options, managedSessionId, managedRandom, managedGuid, role }
  if (!equalInConstantTime(second.answer.code.subarray(0, suite.authenticationLength), rakp2Code(suite, exchange))) {
    yield refuseRakp2Step(managedSessionId)
    throw new HandshakeRefusal('RAKP 2', RmcpPlusStatus.InvalidIntegrityCheckValue)
  }

  const keys = deriveSessionKeys(suite, exchange)
  const third = rakp3Step(options, suite, managedSessionId, rakp3Code(suite, exchange))
  const fourth = (yield third) as Answered<Rakp4>
  const stale = second.transmissions > 1 || fourth.transmissions > 1
  if (fourth.answer.status !== RmcpPlusStatus.Ok) throw new HandshakeRefusal('RAKP 4', fourth.answer.status, stale)
  if (
    !equalInConstantTime(fourth.answer.code.subarray(0, suite.integrityLength), rakp4Code(suite, exchange, keys.sik))
  ) {
    throw new HandshakeRefusal('RAKP 4', RmcpPlusStatus.InvalidIntegrityCheckValue, stale)
  }
  return { keys, managedSessionId }
}

/** RMCP+ statuses by which BMCs refuse a cipher suite. */
const suiteRefused: ReadonlySet<number> = new Set([
  RmcpPlusStatus.InvalidAuthenticationAlgorithm,
  RmcpPlusStatus.InvalidIntegrityAlgorithm,
  RmcpPlusStatus.NoMatchingAuthenticationPayload,
  RmcpPlusStatus.NoMatchingIntegrityPayload,
  RmcpPlusStatus.InvalidConfidentialityAlgorithm,
  RmcpPlusStatus.NoMatchingCipherSuite,
])

/** Proposes the suites in turn, each until the BMC refuses it. */
function* agreeOnSuite(options: ConsoleOptions): ConsoleFlow<{ suite: CipherSuite; managedSessionId: number }> {
  let left = options.suites
  for (;;) {
    const { answer } = (yield openSessionStep(options, left)) as Answered<OpenSessionAnswer>
    const suite = cipherSuites[answer.proposed]
    if (answer.status === RmcpPlusStatus.Ok) return { suite, managedSessionId: answer.managedSessionId }
    left = left.filter((id) => id !== answer.proposed)
    if (!suiteRefused.has(answer.status) || left.length === 0) {
      throw new HandshakeRefusal('Open Session Response', answer.status)
    }
  }
}

/** Whether the status refuses the proposed algorithms. */
export function isSuiteRefused(status: number): boolean {
  return suiteRefused.has(status)
}
