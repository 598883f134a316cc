import { test } from 'tap'
import { kindOf } from '../../src/client/failure.ts'
import { classOf, messagesOf, type RedfishErrorKind } from '../../src/index.ts'
import { call, connected, SYSTEM } from '../fixture/connected.ts'
import { extended, type Reply, ScriptedBmc } from '../fixture/scripted-bmc.ts'

type Message = [key: string, registry: string, text?: string]

/** Answers of BMCs to a POST: status, message, and what the client makes of them. */
const rows: [number, Message, RedfishErrorKind][] = [
  [503, ['ServiceTemporarilyUnavailable', 'Base.1.18'], 'busy'],
  [503, ['ResourceInStandby', 'Base.1.8'], 'busy'],
  [400, ['CouldNotEstablishConnection', 'Base.1.8'], 'busy'],
  [503, ['ServiceShuttingDown', 'Base.1.8'], 'busy'],
  [400, ['UnableToModifyDuringSystemPOST', 'iLO.2.15'], 'busy'],
  [400, ['InvalidOperationForSystemState', 'iLO.2.15'], 'busy'],
  [400, ['InvalidOperationForSystemState', 'Base.1.15'], 'refused'],
  [503, ['SYS518', 'IDRAC.2.8'], 'busy'],
  [400, ['SWC0700', 'IDRAC.2.8'], 'busy'],
  [400, ['GeneralError', 'Base.1.12', 'iDRAC is not ready. Retry later.'], 'busy'],
  [400, ['RAC0218', 'IDRAC.2.8'], 'session-limit'],
  [503, ['ResourceNotReadyRetry', 'Base.1.16'], 'busy'],
  [400, ['ResetInProgress', 'Base.1.4'], 'busy'],
  [400, ['OperationTimeout', 'Base.1.8'], 'unknown-outcome'],
  [503, ['ServerNotReady', 'Vendor.1.0'], 'busy'],
  [409, ['ActionParameterValueConflict', 'Base.1.18'], 'conflict'],
  [409, ['ResourceInUse', 'Base.1.8'], 'busy'],
  [409, ['ResourceLocked', 'Vendor.1.0'], 'busy'],
  [400, ['LicenseInUse', 'Vendor.1.0'], 'busy'],
  [503, ['SessionLimitExceeded', 'Base.1.8'], 'session-limit'],
  [403, ['ResourceAtUriUnauthorized', 'Base.1.8'], 'privilege'],
  [403, ['InsufficientPrivilege', 'Base.1.8'], 'privilege'],
  [403, ['AccountForSessionNoLongerExists', 'Base.1.8'], 'privilege'],
  [403, ['PasswordChangeRequired', 'Base.1.18.1'], 'password-change'],
  [400, ['LicenseRequired', 'Vendor.1.0'], 'privilege'],
  [400, ['InvalidLicense', 'iLO.2.15'], 'privilege'],
  [400, ['ActionNotSupported', 'Base.1.8'], 'unsupported'],
  [400, ['PropertyNotWritable', 'Base.1.8'], 'unsupported'],
  [400, ['PropertyUnknown', 'Base.1.8'], 'unsupported'],
  [400, ['PropertyValueNotInList', 'Base.1.8'], 'unsupported'],
  [400, ['ActionParameterNotSupported', 'Base.1.8'], 'unsupported'],
  [400, ['ActionParameterValueNotInList', 'Base.1.8'], 'unsupported'],
  [400, ['ActionParameterValueFormatError', 'Base.1.8'], 'unsupported'],
  [501, ['QueryNotSupported', 'Base.1.8'], 'unsupported'],
  [404, ['ResourceMissingAtURI', 'Base.1.8'], 'not-found'],
  [400, ['MalformedJSON', 'Base.1.8'], 'refused'],
  [400, ['PropertyMissing', 'Base.1.8'], 'refused'],
  [412, ['PreconditionFailed', 'Base.1.8'], 'precondition'],
  [428, ['PreconditionRequired', 'Base.1.8'], 'precondition'],
  [428, ['PreconditionHeaderMissing', 'Ami.1.0'], 'precondition'],
  [400, ['InternalError', 'Base.1.8'], 'refused'],
  [500, ['InternalError', 'Base.1.8'], 'unknown-outcome'],
]
for (const [status, [key, registry, text], kind] of rows) {
  test(`${status} with ${registry}.${key} is ${kind}`, async (t) => {
    const reply: Reply = { status, body: extended(key, [], text, registry) }
    const { connection, failure } = connected(t, new ScriptedBmc().withSessions().on('POST', SYSTEM, reply))
    const error = await failure(connection.post(SYSTEM, {}, { ...call(), retryBusy: false }))
    t.match(error, { kind, status, sent: true })
    t.ok(error.says(key))
    t.not(error.message.split(`(${status}): `)[1] ?? '', '', 'a sentence of the BMC or of our own')
  })
}

const bare: [number, RedfishErrorKind][] = [
  [400, 'refused'],
  [403, 'privilege'],
  [404, 'not-found'],
  [405, 'unsupported'],
  [409, 'conflict'],
  [410, 'not-found'],
  [412, 'precondition'],
  [415, 'refused'],
  [428, 'precondition'],
  [429, 'busy'],
  [500, 'unknown-outcome'],
  [501, 'unsupported'],
  [502, 'unknown-outcome'],
  [503, 'busy'],
]
test('without a message the status decides', async (t) => {
  for (const [status, kind] of bare) {
    t.equal(kindOf({ method: 'POST', path: '/', own: true }, { status, headers: {}, messages: [] }), kind, `${status}`)
  }
})

test('a message that says that all is well does not hide the others', async (t) => {
  const entries = ['Success', 'ResetRequired', 'PropertyNotWritable'].map((key) => ({ MessageId: `Base.1.8.${key}` }))
  t.equal(classOf(messagesOf({ '@Message.ExtendedInfo': entries })), 'unsupported')
  t.equal(classOf(messagesOf({ '@Message.ExtendedInfo': entries.slice(0, 2) })), 'fine')
  t.equal(classOf([]), undefined)
})

test('fine messages are fine in any registry, and names that objects have of themselves mean nothing', async (t) => {
  for (const key of ['Success', 'NoOperation', 'Created', 'AccountModified', 'ResetRequired']) {
    t.equal(classOf(messagesOf({ '@Message.ExtendedInfo': [{ MessageId: `Any.9.9.9.${key}` }] })), 'fine', key)
  }
  for (const key of ['constructor', 'toString', '__proto__', 'success']) {
    t.equal(classOf(messagesOf({ '@Message.ExtendedInfo': [{ MessageId: `Base.1.0.${key}` }] })), undefined, key)
  }
})

test('an operation that took too long inside the BMC is repeated where that does nothing twice', async (t) => {
  const reply = { status: 500, body: extended('OperationTimeout') }
  const bmc = new ScriptedBmc().withSessions().on('PATCH', SYSTEM, reply, {}).on('POST', SYSTEM, reply)
  const { connection, failure, run } = connected(t, bmc)
  await run(connection.patch(SYSTEM, {}, call()))
  t.match(await failure(connection.post(SYSTEM, {}, call())), { kind: 'unknown-outcome' })
  t.equal(bmc.lines.filter((line) => line === `POST ${SYSTEM}`).length, 1)
})

test('a busy answer of any key is waited for', async (t) => {
  const reply = { status: 400, body: extended('UnableToModifyDuringSystemPOST', [], undefined, 'iLO.2.15') }
  const bmc = new ScriptedBmc().withSessions().on('PATCH', SYSTEM, reply, reply, { status: 200, body: {} })
  const { clock, connection, run } = connected(t, bmc)
  const startMs = clock.nowMs()
  await run(connection.patch(SYSTEM, {}, call()))
  t.equal(clock.nowMs() - startMs, 15_000)
})
