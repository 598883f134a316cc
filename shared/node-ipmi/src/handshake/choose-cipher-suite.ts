import type { CipherSuite } from '../crypto/cipher-suite.ts'
import { RmcpPlusStatus } from '../spec/rmcp-plus-status.ts'
import type { openSessionRequest } from './open-session.ts'

/**
 * The first of `suites` with the proposed algorithms, or the RMCP+ status code of the refusal. An algorithm payload of
 * length 0 leaves the choice to the managed system. §13.17, table 13-9.
 */
export function chooseCipherSuite(
  suites: readonly CipherSuite[],
  proposal: ReturnType<typeof openSessionRequest.decode>,
): CipherSuite | number {
  const authentication = suites.filter(
    (suite) =>
      proposal.authenticationLength === 0 || suite.authenticationAlgorithm === proposal.authenticationAlgorithm,
  )
  if (authentication.length === 0) return RmcpPlusStatus.InvalidAuthenticationAlgorithm
  const integrity = authentication.filter(
    (suite) => proposal.integrityLength === 0 || suite.integrityAlgorithm === proposal.integrityAlgorithm,
  )
  if (integrity.length === 0) return refusal(suites, 'integrityAlgorithm', proposal)
  const [choice] = integrity.filter(
    (suite) =>
      proposal.confidentialityLength === 0 || suite.confidentialityAlgorithm === proposal.confidentialityAlgorithm,
  )
  return choice ?? refusal(suites, 'confidentialityAlgorithm', proposal)
}

const unknown = {
  integrityAlgorithm: RmcpPlusStatus.InvalidIntegrityAlgorithm,
  confidentialityAlgorithm: RmcpPlusStatus.InvalidConfidentialityAlgorithm,
} as const

/**
 * Status 11h if one of the suites has the algorithm in another combination, else the status for an unknown algorithm.
 */
function refusal(
  suites: readonly CipherSuite[],
  algorithm: keyof typeof unknown,
  proposal: Readonly<Record<keyof typeof unknown, number>>,
): number {
  const known = suites.some((suite) => suite[algorithm] === proposal[algorithm])
  return known ? RmcpPlusStatus.NoMatchingCipherSuite : unknown[algorithm]
}
