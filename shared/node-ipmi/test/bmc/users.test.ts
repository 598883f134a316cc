import { test } from 'tap'
import {
  getUserAccess,
  getUserName,
  setSessionPrivilegeLevel,
  setUserAccess,
  setUserName,
  setUserPassword,
} from '../../src/commands/index.ts'
import { CompletionCode } from '../../src/spec/completion-code.ts'
import { bench, RawSession } from './raw-console.ts'

function administrator(options: Parameters<typeof bench>[0] = {}) {
  const { bmc } = bench(options)
  const session = new RawSession(bmc)
  session.send(setSessionPrivilegeLevel, { level: 4 })
  return { bmc, session }
}

const padded = (text: string, size: number) => {
  const bytes = new Uint8Array(size)
  bytes.set(Buffer.from(text))
  return bytes
}
const set = (userId: number, text: string, size = 16) => ({
  userId,
  is20Bytes: size === 20,
  operation: 2,
  password: padded(text, size),
})
const enable = (userId: number) => ({ userId, is20Bytes: false, operation: 1, password: new Uint8Array(0) })
const access = (userId: number, changes: object = {}) => ({
  channel: 1,
  ipmiMessaging: true,
  linkAuthentication: false,
  callbackOnly: false,
  setFlags: true,
  userId,
  privilegeLimit: 4,
  sessionLimit: 0,
  ...changes,
})

test('a new user logs in once it has name, password, access and is enabled', async (t) => {
  const { bmc, session } = administrator()
  const logsIn = (password: string) => () => new RawSession(bmc, { username: 'new', password })
  const long = 'p'.repeat(20)
  t.same(session.send(setUserName, { userId: 5, name: padded('new', 16) }), {})
  t.same(session.send(setUserPassword, set(5, long, 20)), {})
  t.same(session.send(setUserPassword, enable(5)), {})
  t.throws(logsIn(long), 'no access yet')
  t.same(session.send(setUserAccess, access(5)), {})
  t.doesNotThrow(logsIn(long))
  t.match(session.send(getUserAccess, { channel: 1, userId: 5 }), { enabledUsers: 3, enabled: 1, privilegeLimit: 4 })

  t.same(session.send(setUserPassword, set(5, 'other')), {})
  t.throws(logsIn(long), 'the old password is gone')
  t.doesNotThrow(logsIn('other'))
  t.same(session.send(setUserPassword, { ...enable(5), operation: 0 }), {})
  t.throws(logsIn('other'), 'disabled')
})

test('access is by flag and limit, and flags stay where a request does not set them', async (t) => {
  const { bmc, session } = administrator()
  const opens = (role: number) => {
    try {
      return new RawSession(bmc, { username: 'op', password: 'operator', role }) instanceof RawSession
    } catch {
      return false
    }
  }
  const user = 3
  for (const [changes, level, works] of [
    [{ privilegeLimit: 2 }, 2, true],
    [{ privilegeLimit: 2 }, 3, false],
    [{ privilegeLimit: 0x0f }, 2, false],
    [{ callbackOnly: true }, 2, false],
    [{ callbackOnly: true }, 1, true],
    [{ ipmiMessaging: false }, 2, false],
    [{ ipmiMessaging: true, setFlags: false }, 2, false],
    [{ linkAuthentication: true }, 4, true],
    [{ setFlags: false, privilegeLimit: 3 }, 3, true],
  ] as const) {
    t.same(session.send(setUserAccess, access(user, changes)), {})
    t.equal(opens(0x10 | level), works, `${JSON.stringify(changes)}: level ${level}`)
  }
  t.match(session.send(getUserAccess, { channel: 14, userId: user }), { linkAuthentication: true, privilegeLimit: 3 })
})

test('Set User Password tests a password and its size', async (t) => {
  const { session } = administrator()
  const ask = (text: string, size: number) => session.send(setUserPassword, { ...set(2, text, size), operation: 3 })
  t.same(ask('secret', 16), {})
  t.equal(ask('secreT', 16), 0x80)
  t.equal(ask('secret', 20), 0x81)
  session.send(setUserPassword, set(2, 'secret', 20))
  t.equal(ask('secret', 16), 0x81)
  t.same(ask('secret', 20), {})
  t.equal(session.send(setUserPassword, { ...set(2, 'x'), password: new Uint8Array(15) }), CompletionCode.InvalidLength)
  t.same(ask('secret', 20), {}, 'a refused password changes nothing')
})

test('the null user has no name to set, and unused slots are empty', async (t) => {
  const { bmc, session } = administrator()
  t.equal(session.send(setUserName, { userId: 1, name: padded('x', 16) }), CompletionCode.InvalidDataField)
  t.same(session.send(getUserName, { userId: 10 }), { name: new Uint8Array(16) })
  const empty = { maxUsers: 10, enabledUsers: 2, enabled: 2, privilegeLimit: 0x0f, ipmiMessaging: false }
  t.match(session.send(getUserAccess, { channel: 1, userId: 10 }), empty)
  session.send(setUserPassword, set(1, 'null'))
  session.send(setUserPassword, enable(1))
  session.send(setUserAccess, access(1))
  t.doesNotThrow(() => new RawSession(bmc, { username: '', password: 'null' }))
})

test('users that the BMC does not have, other channels and levels that are none are refused', async (t) => {
  const { session } = administrator()
  const { ParameterOutOfRange, InvalidDataField } = CompletionCode
  for (const [userId, code] of [
    [0, InvalidDataField],
    [11, ParameterOutOfRange],
  ] as const) {
    t.equal(session.send(setUserAccess, access(userId)), code)
    t.equal(session.send(getUserAccess, { channel: 1, userId }), code)
    t.equal(session.send(setUserName, { userId, name: new Uint8Array(16) }), code)
    t.equal(session.send(getUserName, { userId }), code)
    t.equal(session.send(setUserPassword, enable(userId)), code)
  }
  t.equal(session.send(setUserAccess, access(2, { channel: 2 })), InvalidDataField)
  t.equal(session.send(getUserAccess, { channel: 2, userId: 2 }), InvalidDataField)
  for (const privilegeLimit of [0, 5, 14])
    t.equal(session.send(setUserAccess, access(2, { privilegeLimit })), InvalidDataField)
})

test('a BMC has a slot for each configured user', async (t) => {
  const users = Array.from({ length: 62 }, (_, at) => ({ name: `user${at}`, password: 'secret' }))
  const { session } = administrator({ users: [{ name: 'admin', password: 'secret' }, ...users.slice(1)] })
  t.match(session.send(getUserAccess, { channel: 1, userId: 63 }), { maxUsers: 63, enabledUsers: 62, enabled: 1 })
})
