import { test } from 'tap'
import { administrator, reader, serviceBench } from './service-bench.ts'

const SESSIONS = '/redfish/v1/SessionService/Sessions'
const ACCOUNTS = '/redfish/v1/AccountService/Accounts'
const SYSTEM = '/redfish/v1/Systems/1'

type Bench = ReturnType<typeof serviceBench>
type Login = { readonly username: string; readonly password: string }

async function logIn({ request }: Bench, { username, password }: Login = administrator) {
  const answer = await request('POST', SESSIONS, { as: null, body: { UserName: username, Password: password } })
  const token = answer.headers['X-Auth-Token'] ?? ''
  return { ...answer, token, path: answer.headers.Location ?? '', as: { as: null, headers: { 'x-auth-token': token } } }
}

test('a login answers the session, its place and a token of at least 128 bits', async (t) => {
  const bench = serviceBench()
  const { status, token, path, body, as } = await logIn(bench)
  t.equal(status, 201)
  t.match(token, /^[0-9a-f]{32,}$/)
  t.match(body, { '@odata.id': path, UserName: 'admin', Password: null, SessionType: 'Redfish' })
  t.equal((await bench.request('GET', SYSTEM, as)).status, 200)
  t.same((await bench.request('GET', path, as)).body['@odata.id'], path)
})

test('no session and no account shows a token or a password', async (t) => {
  const bench = serviceBench()
  const { token, path } = await logIn(bench)
  for (const url of [path, SESSIONS, `${ACCOUNTS}/1`]) {
    const { body } = await bench.request('GET', url)
    t.notMatch(JSON.stringify(body), token)
    t.notMatch(JSON.stringify(body), administrator.password)
  }
})

test('a session ends by DELETE, and its token with it', async (t) => {
  const bench = serviceBench()
  const { path, as } = await logIn(bench, reader)
  t.equal((await bench.request('DELETE', path, as)).status, 204)
  t.equal((await bench.request('GET', SYSTEM, as)).status, 401)
})

test('nobody but an administrator ends the session of another', async (t) => {
  const bench = serviceBench()
  const { path } = await logIn(bench)
  t.equal((await bench.request('DELETE', path, { as: reader })).status, 403)
  t.equal((await bench.request('DELETE', path)).status, 204)
})

test('a session that is used stays, and one that is idle for SessionTimeout ends', async (t) => {
  const bench = serviceBench()
  await bench.request('PATCH', '/redfish/v1/SessionService', { body: { SessionTimeout: 30 } })
  const { as } = await logIn(bench)
  for (let use = 0; use < 3; use++) {
    await bench.clock.pass(29_000)
    t.equal((await bench.request('GET', SYSTEM, as)).status, 200)
  }
  await bench.clock.pass(30_000)
  t.equal((await bench.request('GET', SYSTEM, as)).status, 401)
  t.same(bench.state.sessions.all(), [])
})

test('by default there are eight sessions at one time', async (t) => {
  const bench = serviceBench()
  for (let count = 0; count < 8; count++) t.equal((await logIn(bench)).status, 201)
  t.equal((await logIn(bench)).status, 503)
})

test('a password that must be changed lets one in, says so, and allows nothing but its change', async (t) => {
  const bench = serviceBench()
  const account = bench.state.accounts.add({ username: 'new', password: 'old-1', passwordChangeRequired: true })
  const own = `${ACCOUNTS}/${account.id}`
  const login = await logIn(bench, { username: 'new', password: 'old-1' })
  t.equal(login.status, 201)
  t.same(login.messages, ['PasswordChangeRequired'])
  const refused = await bench.request('GET', SYSTEM, login.as)
  t.match(refused, { status: 403, messages: ['PasswordChangeRequired'] })
  t.match(JSON.stringify(refused.body), own)
  t.equal((await bench.request('GET', own, login.as)).status, 200)
  t.equal((await bench.request('PATCH', own, { ...login.as, body: { Password: 'new-2' } })).status, 200)
  t.equal((await bench.request('GET', SYSTEM, login.as)).status, 200)
  t.equal((await bench.request('GET', SYSTEM, { as: { username: 'new', password: 'old-1' } })).status, 401)
})

test('an account that is made logs in, and its sessions end with it', async (t) => {
  const bench = serviceBench()
  const made = await bench.request('POST', ACCOUNTS, {
    body: { UserName: 'second', Password: 'second-1', RoleId: 'Operator' },
  })
  t.equal(made.status, 201)
  t.match(made.body, { UserName: 'second', RoleId: 'Operator', Password: null, '@odata.id': made.headers.Location })
  const { as } = await logIn(bench, { username: 'second', password: 'second-1' })
  t.equal((await bench.request('DELETE', made.headers.Location ?? '')).status, 204)
  t.equal((await bench.request('GET', SYSTEM, as)).status, 401)
})

test('an account that is disabled is out at once', async (t) => {
  const bench = serviceBench()
  const { as } = await logIn(bench, reader)
  await bench.request('PATCH', `${ACCOUNTS}/3`, { body: { Enabled: false } })
  t.equal((await bench.request('GET', SYSTEM, as)).status, 401)
  t.equal((await logIn(bench, reader)).status, 401)
})

test('after five failures the logins of an address wait, and a good one ends that', async (t) => {
  const bench = serviceBench()
  const bad = { username: 'admin', password: 'wrong' }
  for (let failure = 0; failure < 5; failure++) t.equal((await logIn(bench, bad)).status, 401)
  const begin = bench.clock.nowMs()
  t.equal((await bench.clock.run(logIn(bench))).status, 201)
  t.equal(bench.clock.nowMs() - begin, 1000)
  await logIn(bench)
  t.equal(bench.clock.nowMs() - begin, 1000)
})
