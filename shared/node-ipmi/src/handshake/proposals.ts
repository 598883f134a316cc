import { RmcpPlusStatus } from '../spec/rmcp-plus-status.ts'

/** What one Open Session Request asks for. */
export interface Proposal {
  readonly suite: 3 | 17
  /** Maximum privilege level of the session: a level, or 0 for the highest that the BMC allows. §13.17. */
  readonly privilege: number
}

/** "The highest level that the BMC allows": some BMCs refuse a level that the user has, and take this one. */
export const HIGHEST = 0
const ADMINISTRATOR = 4

/**
 * Proposals of one suite before every second proposal names the next suite: some BMCs do not answer the proposal of a suite
 * that they do not know.
 */
const PATIENCE = 3

const suiteRefusals: ReadonlySet<number> = new Set([
  RmcpPlusStatus.InvalidAuthenticationAlgorithm,
  RmcpPlusStatus.InvalidIntegrityAlgorithm,
  RmcpPlusStatus.NoMatchingAuthenticationPayload,
  RmcpPlusStatus.NoMatchingIntegrityPayload,
  RmcpPlusStatus.InvalidConfidentialityAlgorithm,
  RmcpPlusStatus.NoMatchingCipherSuite,
])

/** Whether the status refuses the proposed algorithms. */
export function isSuiteRefused(status: number): boolean {
  return suiteRefusals.has(status)
}

const privilegeRefusals: ReadonlySet<number> = new Set([RmcpPlusStatus.InvalidRole, RmcpPlusStatus.UnauthorizedRole])

const known = new Map<string, readonly Proposal[]>()

/** The proposals for the suites, best first: the level that is needed, and then those that odd BMCs want in its place. */
export function proposalsOf(suites: readonly (3 | 17)[], privilege: number): readonly Proposal[] {
  const key = `${privilege}:${suites}`
  const proposals = known.get(key) ?? madeProposals(suites, privilege)
  known.set(key, proposals)
  return proposals
}

function madeProposals(suites: readonly (3 | 17)[], privilege: number): readonly Proposal[] {
  const levels = [...new Set([privilege, HIGHEST, ADMINISTRATOR])]
  return levels.flatMap((level) => suites.map((suite) => ({ suite, privilege: level })))
}

/** What transmission number `transmission` (0, 1, ...) of Open Session proposes. `left` has one proposal at least. */
export function proposalOf(left: readonly Proposal[], transmission: number): Proposal {
  const best = left[0] as Proposal
  if (transmission < PATIENCE || (transmission - PATIENCE) % 2 !== 0) return best
  return left.find(({ suite }) => suite !== best.suite) ?? best
}

/** The proposals that are worth a try after one was refused with that status. */
export function withoutRefused(left: readonly Proposal[], refused: Proposal, status: number): readonly Proposal[] {
  if (isSuiteRefused(status)) return left.filter(({ suite }) => suite !== refused.suite)
  if (privilegeRefusals.has(status)) return left.filter(({ privilege }) => privilege !== refused.privilege)
  return left.filter((proposal) => proposal !== refused)
}
