import { MalformedError } from '../codec/malformed-error.ts'
import { type CipherSuite, cipherSuites } from '../crypto/cipher-suite.ts'
import { PayloadType } from '../spec/payload-type.ts'
import { RmcpPlusStatus } from '../spec/rmcp-plus-status.ts'
import type { ConsoleOptions } from './console-options.ts'
import type { ConsoleStep } from './console-step.ts'
import { algorithmPayloadHeaders, openSessionRequest, openSessionResponse } from './open-session.ts'
import { rakp1 } from './rakp-1.ts'
import { type Rakp2, rakp2 } from './rakp-2.ts'
import { rakp3 } from './rakp-3.ts'
import { type Rakp4, rakp4 } from './rakp-4.ts'

export interface OpenSessionAnswer {
  readonly status: number
  readonly managedSessionId: number
  /** Cipher suite that the answered transmission proposed. */
  readonly proposed: 3 | 17
}

/**
 * Proposals of the best suite before every second proposal names the next suite: some BMCs do not answer the proposal
 * of a suite that they do not know.
 */
const PATIENCE = 3

function proposal(suites: readonly (3 | 17)[], transmission: number): 3 | 17 {
  const [best = 3, next = best] = suites
  return transmission >= PATIENCE && (transmission - PATIENCE) % 2 === 0 ? next : best
}

/** Open Session Request and its response. §13.17, §13.18. */
export function openSessionStep(
  { consoleSessionId, privilege }: ConsoleOptions,
  suites: readonly (3 | 17)[],
): ConsoleStep<OpenSessionAnswer> {
  return {
    payloadType: PayloadType.OpenSessionRequest,
    answerType: PayloadType.OpenSessionResponse,
    message: (tag, transmission) => {
      const { authenticationAlgorithm, integrityAlgorithm, confidentialityAlgorithm } =
        cipherSuites[proposal(suites, transmission)]
      return openSessionRequest.encode({
        ...algorithmPayloadHeaders,
        tag,
        privilege,
        consoleSessionId,
        authenticationAlgorithm,
        integrityAlgorithm,
        confidentialityAlgorithm,
      })
    },
    read: (payload, transmission) => {
      const answer = openSessionResponse.decode(payload)
      const proposed = proposal(suites, transmission)
      checkSessionId(answer.status, answer.consoleSessionId, consoleSessionId)
      if (answer.status === RmcpPlusStatus.Ok) {
        const suite = cipherSuites[proposed]
        if (answer.managedSessionId === 0) throw new MalformedError('session ID 0')
        if (
          answer.authenticationAlgorithm !== suite.authenticationAlgorithm ||
          answer.integrityAlgorithm !== suite.integrityAlgorithm ||
          answer.confidentialityAlgorithm !== suite.confidentialityAlgorithm
        ) {
          throw new MalformedError('the BMC chose algorithms that were not proposed', 'unexpected')
        }
      }
      return { status: answer.status, managedSessionId: answer.managedSessionId, proposed }
    },
  }
}

/** RAKP 1 and its answer RAKP 2. §13.20, §13.21. */
export function rakp1Step(
  { consoleSessionId, consoleRandom, username }: ConsoleOptions,
  suite: CipherSuite,
  managedSessionId: number,
  role: number,
): ConsoleStep<Rakp2> {
  return {
    payloadType: PayloadType.Rakp1,
    answerType: PayloadType.Rakp2,
    message: (tag) => rakp1.encode({ tag, managedSessionId, consoleRandom, role, username }),
    read: (payload) => {
      const answer = rakp2.decode(payload)
      checkSessionId(answer.status, answer.consoleSessionId, consoleSessionId)
      checkCodeLength(answer, suite.authenticationLength)
      return answer
    },
  }
}

/** RAKP 3 and its answer RAKP 4. §13.22, §13.23. */
export function rakp3Step(
  { consoleSessionId }: ConsoleOptions,
  suite: CipherSuite,
  managedSessionId: number,
  code: Uint8Array,
): ConsoleStep<Rakp4> {
  return {
    payloadType: PayloadType.Rakp3,
    answerType: PayloadType.Rakp4,
    message: (tag) => rakp3.encode({ tag, status: RmcpPlusStatus.Ok, managedSessionId, code }),
    read: (payload) => {
      const answer = rakp4.decode(payload)
      checkSessionId(answer.status, answer.consoleSessionId, consoleSessionId)
      checkCodeLength(answer, suite.integrityLength)
      return answer
    },
  }
}

/** RAKP 3 with a status: the BMC frees the half-open session and does not answer. §13.22. */
export function refuseRakp2Step(managedSessionId: number): ConsoleStep<never> {
  const status = RmcpPlusStatus.InvalidIntegrityCheckValue
  return {
    payloadType: PayloadType.Rakp3,
    answerType: undefined,
    message: (tag) => rakp3.encode({ tag, status, managedSessionId, code: new Uint8Array(0) }),
    read: () => {
      throw new MalformedError('an answer to a message that gets none', 'unexpected')
    },
  }
}

/** Accepts a refusal with session ID 0 too, since some BMCs send none in refusals. */
function checkSessionId(status: number, id: number, expected: number): void {
  if (id === expected || (status !== RmcpPlusStatus.Ok && id === 0)) return
  throw new MalformedError('an answer for another session', 'unexpected')
}

/** Accepts longer codes, since some BMCs send trailing bytes. */
function checkCodeLength({ status, code }: Rakp2 | Rakp4, length: number): void {
  if (status === RmcpPlusStatus.Ok && code.length < length) throw new MalformedError('code truncated')
}
