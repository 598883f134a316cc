import { type CipherSuiteRecord, cipherSuiteRecords } from '../../commands/cipher-suite-records.ts'
import { closeSession } from '../../commands/close-session.ts'
import { coldReset } from '../../commands/cold-reset.ts'
import { getChannelAuthenticationCapabilities } from '../../commands/get-channel-authentication-capabilities.ts'
import { CIPHER_SUITE_PART_LENGTH, getChannelCipherSuites } from '../../commands/get-channel-cipher-suites.ts'
import { getDeviceGuid } from '../../commands/get-device-guid.ts'
import { getDeviceId } from '../../commands/get-device-id.ts'
import { getSelfTestResults, SelfTestResult } from '../../commands/get-self-test-results.ts'
import { getSystemGuid } from '../../commands/get-system-guid.ts'
import { setSessionPrivilegeLevel } from '../../commands/set-session-privilege-level.ts'
import { warmReset } from '../../commands/warm-reset.ts'
import type { CipherSuite } from '../../crypto/cipher-suite.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { PrivilegeLevel } from '../../spec/privilege-level.ts'
import { type Answer, answer } from '../answer.ts'
import { isLanChannel, LAN_CHANNEL } from '../command-context.ts'

const toRecord = (suite: CipherSuite): CipherSuiteRecord => ({
  id: suite.id,
  authentication: suite.authenticationAlgorithm,
  integrity: [suite.integrityAlgorithm],
  confidentiality: [suite.confidentialityAlgorithm],
})

/** Commands about the BMC itself and its sessions. §20, §22. */
export const appAnswers: readonly Answer[] = [
  answer(getDeviceId, (_, { device }) => device),
  answer(getDeviceGuid, (_, { guid }) => ({ guid })),
  answer(getSystemGuid, (_, { guid }) => ({ guid })),
  answer(
    coldReset,
    () => ({}),
    ({ restart }) => restart(),
  ),
  answer(
    warmReset,
    () => ({}),
    ({ restart }) => restart(),
  ),
  answer(getSelfTestResults, () => ({ result: SelfTestResult.passed, detail: 0 })),

  answer(getChannelAuthenticationCapabilities, ({ channel, version20 }, { users, kgSet }) => {
    if (!isLanChannel(channel)) return CompletionCode.InvalidDataField
    const enabled = users.accounts.filter((user) => user.mayOpenSession)
    const hasNullName = enabled.some(({ name }) => name.length === 0)
    return {
      channel: LAN_CHANNEL,
      none: false,
      md2: false,
      md5: false,
      straightPassword: false,
      oem: false,
      extended: version20,
      anonymousLogin: enabled.some(({ name, password }) => name.length === 0 && password.length === 0),
      nullUsernames: hasNullName,
      nonNullUsernames: enabled.some(({ name }) => name.length > 0),
      userLevelAuthenticationDisabled: false,
      perMessageAuthenticationDisabled: false,
      kgSet,
      version15Sessions: false,
      version20Sessions: version20,
      oemId: 0,
      oemData: 0,
    }
  }),

  answer(getChannelCipherSuites, ({ channel, payloadType, index, bySuite }, { suites }) => {
    if (!isLanChannel(channel) || payloadType !== 0) return CompletionCode.InvalidDataField
    const records = suites.map(toRecord).sort((a, b) => a.id - b.id)
    const data = bySuite ? cipherSuiteRecords.encode(records) : algorithmsOf(records)
    const start = index * CIPHER_SUITE_PART_LENGTH
    return { channel: LAN_CHANNEL, records: data.subarray(start, start + CIPHER_SUITE_PART_LENGTH) }
  }),

  answer(setSessionPrivilegeLevel, ({ level }, { session, channelAccess }) => {
    if (session === undefined) return CompletionCode.InsufficientPrivilege
    const { stage } = session
    if (level === 0) return { level: stage.privilegeLevel }
    if (level < PrivilegeLevel.user || level > PrivilegeLevel.administrator) return CompletionCode.InvalidDataField
    const exceedsLimit = 0x81
    if (level > Math.min(stage.privilegeLimit, channelAccess.privilegeLimit)) return exceedsLimit
    stage.privilegeLevel = level
    return { level }
  }),

  answer(closeSession, ({ sessionId }, { session, sessions }) => {
    const invalidSessionId = 0x87
    if (session === undefined || sessionId !== session.slot.managedSessionId) return invalidSessionId
    sessions.remove(session.slot)
    return {}
  }),
]

/** Lists each algorithm once, with its tag, without record headers. §22.15. */
function algorithmsOf(records: readonly CipherSuiteRecord[]): Uint8Array {
  const authentication = records.map((record) => record.authentication)
  const integrity = records.flatMap((record) => record.integrity.map((algorithm) => 0x40 | algorithm))
  const confidentiality = records.flatMap((record) => record.confidentiality.map((algorithm) => 0x80 | algorithm))
  return Uint8Array.from(new Set([...authentication, ...integrity, ...confidentiality]))
}
