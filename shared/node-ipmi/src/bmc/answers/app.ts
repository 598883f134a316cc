import { type CipherSuiteRecord, cipherSuiteRecords } from '../../commands/cipher-suite-records.ts'
import { closeSession } from '../../commands/close-session.ts'
import { coldReset } from '../../commands/cold-reset.ts'
import { getChannelAccess } from '../../commands/get-channel-access.ts'
import {
  getChannelAuthenticationCapabilities,
  PRESENT_CHANNEL,
} from '../../commands/get-channel-authentication-capabilities.ts'
import { CIPHER_SUITE_PART_LENGTH, getChannelCipherSuites } from '../../commands/get-channel-cipher-suites.ts'
import { getChannelInfo, LanChannel } from '../../commands/get-channel-info.ts'
import { getDeviceGuid } from '../../commands/get-device-guid.ts'
import { getDeviceId } from '../../commands/get-device-id.ts'
import { getSelfTestResults, SelfTestResult } from '../../commands/get-self-test-results.ts'
import { getSystemGuid } from '../../commands/get-system-guid.ts'
import { getUserAccess, UserEnabled } from '../../commands/get-user-access.ts'
import { getUserName } from '../../commands/get-user-name.ts'
import { setSessionPrivilegeLevel } from '../../commands/set-session-privilege-level.ts'
import { warmReset } from '../../commands/warm-reset.ts'
import type { CipherSuite } from '../../crypto/cipher-suite.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { PrivilegeLevel } from '../../spec/privilege-level.ts'
import { type Answer, answer } from '../answer.ts'
import { LAN_CHANNEL } from '../command-context.ts'
import { FIRST_USER_ID } from '../user-id.ts'

/** IANA enterprise number of the IPMI forum. §22.24. */
const IPMI_ENTERPRISE = 7154
const ALWAYS_AVAILABLE = 2

const isLanChannel = (channel: number) => channel === PRESENT_CHANNEL || channel === LAN_CHANNEL

const toRecord = (suite: CipherSuite): CipherSuiteRecord => ({
  id: suite.id,
  authentication: suite.authenticationAlgorithm,
  integrity: [suite.integrityAlgorithm],
  confidentiality: [suite.confidentialityAlgorithm],
})

/** Commands about the BMC itself, its channel, users and sessions. §20, §22. */
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
    const enabled = users.filter((user) => user.enabled)
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

  answer(setSessionPrivilegeLevel, ({ level }, { session }) => {
    if (session === undefined) return CompletionCode.InsufficientPrivilege
    const { stage } = session
    if (level === 0) return { level: stage.privilegeLevel }
    if (level < PrivilegeLevel.user || level > PrivilegeLevel.administrator) return CompletionCode.InvalidDataField
    const exceedsLimit = 0x81
    if (level > stage.privilegeLimit) return exceedsLimit
    stage.privilegeLevel = level
    return { level }
  }),

  answer(closeSession, ({ sessionId }, { session, sessions }) => {
    const invalidSessionId = 0x87
    if (session === undefined || sessionId !== session.slot.managedSessionId) return invalidSessionId
    sessions.remove(session.slot)
    return {}
  }),

  answer(getChannelInfo, ({ channel }, { sessions }) => {
    if (!isLanChannel(channel)) return CompletionCode.InvalidDataField
    const activeSessions = Math.min(sessions.activeCount, 63)
    return { channel: LAN_CHANNEL, ...LanChannel, activeSessions, vendorId: IPMI_ENTERPRISE, auxiliary: 0 }
  }),

  answer(getChannelAccess, ({ channel }) => {
    if (!isLanChannel(channel)) return CompletionCode.InvalidDataField
    return {
      accessMode: ALWAYS_AVAILABLE,
      userLevelAuthenticationDisabled: false,
      perMessageAuthenticationDisabled: false,
      alertingDisabled: true,
      privilegeLimit: PrivilegeLevel.administrator,
    }
  }),

  answer(getUserAccess, ({ channel, userId }, { users }) => {
    if (!isLanChannel(channel) || userId === 0) return CompletionCode.InvalidDataField
    const maxUsers = users.length + 1
    if (userId > maxUsers) return CompletionCode.ParameterOutOfRange
    const user = users[userId - FIRST_USER_ID]
    const noAccess = 0x0f
    return {
      maxUsers,
      enabledUsers: users.filter(({ enabled }) => enabled).length,
      enabled: user?.enabled ? UserEnabled.enabled : UserEnabled.disabled,
      fixedNames: 0,
      privilegeLimit: user?.privilegeLimit ?? noAccess,
      ipmiMessaging: user !== undefined,
      linkAuthentication: false,
      callbackOnly: false,
    }
  }),

  answer(getUserName, ({ userId }, { users }) => {
    if (userId === 0) return CompletionCode.InvalidDataField
    if (userId > users.length + 1) return CompletionCode.ParameterOutOfRange
    const name = new Uint8Array(16)
    name.set(users[userId - FIRST_USER_ID]?.name ?? [])
    return { name }
  }),
]

/** Lists each algorithm once, with its tag, without record headers. §22.15. */
function algorithmsOf(records: readonly CipherSuiteRecord[]): Uint8Array {
  const authentication = records.map((record) => record.authentication)
  const integrity = records.flatMap((record) => record.integrity.map((algorithm) => 0x40 | algorithm))
  const confidentiality = records.flatMap((record) => record.confidentiality.map((algorithm) => 0x80 | algorithm))
  return Uint8Array.from(new Set([...authentication, ...integrity, ...confidentiality]))
}
