import { test } from 'tap'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

function basic(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

test('the login code gives one token, and a token gives the next', async (t) => {
  const { endpoint, call } = await startTestEndpoint(t)
  const path = 'users/powerbus/token'
  const login = await call('GET', `${path}?ttl=60`, { token: '', headers: basic('powerbus', endpoint.loginCode) })
  t.equal(login.status, 200)
  t.match(login.body.Info.Id, /^[0-9a-f]{32}$/, 'an id that begins with - would be an option on a command line')
  t.equal((await call('GET', 'machines', { token: login.body.Token })).status, 200)
  t.ok(Date.parse(login.body.Info.Expires) <= Date.now() + 61_000)
  const again = await call('GET', path, { token: '', headers: basic('powerbus', endpoint.loginCode) })
  t.match([again.status, again.body], [401, { Type: 'UNAUTHENTICATED', Code: 401 }])
  const renewed = await call('GET', path, { token: login.body.Token })
  t.equal((await call('GET', 'info', { token: renewed.body.Token })).status, 200)
  t.equal((await call('POST', 'users/powerbus/login-code', { token: '' })).status, 401)
  const code = (await call('POST', 'users/powerbus/login-code')).body.Code
  t.equal((await call('GET', path, { token: '', headers: basic('root', code) })).status, 403)
  t.equal((await call('GET', path, { token: '', headers: basic('powerbus', code) })).status, 200)
})

test('a token survives a restart of the endpoint; the operator file does not', async (t) => {
  const first = await startTestEndpoint(t)
  const operator = await import('../fixtures/read-operator-file.ts')
  const file = await operator.readOperatorFile(first.stateDir)
  const { Token } = (await first.call('GET', 'users/powerbus/token')).body
  await first.stop()
  t.equal(await operator.readOperatorFile(first.stateDir), undefined)
  const second = await startTestEndpoint(t, undefined, { stateDir: first.stateDir })
  t.equal((await second.call('GET', 'info', { token: Token })).status, 200)
  t.equal((await second.call('GET', 'info', { token: file?.token ?? '' })).status, 401)
  const other = await startTestEndpoint(t)
  t.equal((await other.call('GET', 'info', { token: Token })).status, 401, 'nor is it good elsewhere')
})

test('an expired or altered token is refused', async (t) => {
  const { call } = await startTestEndpoint(t)
  const { Token } = (await call('GET', 'users/powerbus/token?ttl=1')).body
  for (let at = 0; at < Token.length; at += 7) {
    const other = Token[at] === 'A' ? 'B' : 'A'
    const changed = `${Token.slice(0, at)}${other}${Token.slice(at + 1)}`
    t.equal((await call('GET', 'info', { token: changed })).status, 401)
  }
  await new Promise((resolve) => setTimeout(resolve, 2000))
  t.equal((await call('GET', 'info', { token: Token })).status, 401)
})

test('wrong logins are refused, and after 20 all logins are', async (t) => {
  const { endpoint, call } = await startTestEndpoint(t)
  const login = (user: string, code: string) => {
    return call('GET', 'users/powerbus/token', { token: '', headers: basic(user, code) })
  }
  t.equal((await login('powerbus', '')).status, 401)
  t.equal((await login('powerbus', 'rocketskates')).status, 401)
  const statuses: number[] = []
  for (let n = 0; n < 30; n += 1) statuses.push((await login('powerbus', `guess${n}`)).status)
  t.equal(statuses[0], 401)
  const limited = await login('powerbus', endpoint.loginCode)
  t.equal(limited.status, 429)
  t.ok(Number(limited.headers['retry-after']) > 0)
  t.equal((await call('GET', 'info')).status, 200, 'who has a token is not disturbed')
})

test('bad ttl, unknown users and other schemes are refused', async (t) => {
  const { call } = await startTestEndpoint(t)
  for (const ttl of ['0', '-5', 'x', '999999999', '1.5']) {
    t.equal((await call('GET', `users/powerbus/token?ttl=${ttl}`)).status, 400, ttl)
  }
  t.equal((await call('GET', 'users/root/token')).status, 404)
  for (const authorization of ['Digest x', 'Bearer', 'Basic', 'Basic ====', 'Basic cG93ZXJidXM=']) {
    t.equal((await call('GET', 'users/powerbus/token', { token: '', headers: { authorization } })).status, 401)
    t.equal((await call('GET', 'info', { token: '', headers: { authorization } })).status, 401)
  }
})
