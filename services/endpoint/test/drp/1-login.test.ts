import { once } from 'node:events'
import { join } from 'node:path'
import { openStore } from '@powerbus/store'
import { tempFolder, waitUntil } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { WebSocket } from 'ws'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { readOperatorFile } from '../fixtures/read-operator-file.ts'
import { TEST_COST } from '../fixtures/running-endpoint.ts'
import { basic, makeToken, tokenOfPlugin } from '../fixtures/tokens.ts'

// Each test is one row of what drpcli 4.8 and the Go client need of logins and users. One endpoint serves them all.
const stateDir = join(tempFolder(tap), 'state')
const { call, endpoint, logged, stop } = await startCheckedEndpoint(tap, (folder) => writeFixturePlugin(folder), {
  stateDir,
})
const audit = collectEvents(endpoint, 'audit')
const events = collectEvents(endpoint)

const PASSWORD = 'correct horse: 7'
const none = { token: '' }
const as = (user: string, password = PASSWORD) => ({ token: '', headers: basic(user, password) })

/** A new user with that role and password. */
async function addUser(Name: string, role?: string): Promise<void> {
  const made = await call('POST', 'users', { body: { Name, Roles: role === undefined ? [] : [role] } })
  const set = await call('PUT', `users/${Name}/password`, { body: { Password: PASSWORD } })
  if (made.status !== 201 || set.status !== 200) throw new Error(`${made.text} ${set.text}`)
}

await addUser('ada', 'superuser')
await addUser('bob', 'read')

test('credentials: Basic USER:PASSWORD logs in on any request, as often as it is sent', async (t) => {
  for (let n = 0; n < 3; n += 1) t.equal((await call('GET', 'info', as('ada'))).status, 200)
  t.equal((await call('POST', 'machines', { ...as('ada'), body: { Name: 'm1' } })).status, 201)
  t.equal((await call('GET', '/metrics', as('bob'))).status, 200)
  t.equal((await call('POST', 'machines', { ...as('bob'), body: { Name: 'm2' } })).status, 403)
  t.equal((await call('GET', 'machines/Name:m1?decode=true', as('bob'))).status, 403)
  const event = await events.find('the event', ({ Type, Action }) => Type === 'machines' && Action === 'create')
  t.equal(event.Principal, 'user:ada')
})

test('credentials: ?token=USER:PASSWORD logs in, too', async (t) => {
  const query = `token=ada:${encodeURIComponent(PASSWORD)}`
  t.equal((await call('GET', `info?${query}`, none)).status, 200)
  t.match(await call('GET', `users/ada/token?${query}`, none), { status: 200, body: { Token: String } })
  t.equal((await call('GET', 'info?token=ada:wrong', none)).status, 403)
})

test('bad credentials: a wrong password is 403, whether there is such a user or not', async (t) => {
  for (const user of ['ada', 'nobody', 'rocketskates']) {
    const answer = await call('GET', 'info', as(user, 'wrong'))
    t.match(answer, { status: 403, body: { Type: 'FORBIDDEN', Code: 403 } }, user)
  }
  t.equal((await call('GET', 'users/ada/token', as('ada', 'wrong'))).status, 403)
  const event = await audit.find('the refusal', ({ Action, Key }) => Action === 'password-wrong' && Key === 'ada')
  t.match(event, { Principal: 'unknown', Object: { Address: '127.0.0.1' } })
})

test('default login: there is none, and nobody can have its password', async (t) => {
  t.equal((await call('GET', 'info', as('rocketskates', 'r0cketsk8ts'))).status, 403)
  t.same(
    (await call('GET', 'users')).body.map(({ Name }: { Name: string }) => Name),
    ['ada', 'bob', 'powerbus'],
  )
  for (const Password of ['r0cketsk8ts', 'short', '', 'x'.repeat(300), 7]) {
    t.equal((await call('PUT', 'users/bob/password', { body: { Password } })).status, 400, String(Password))
  }
  t.equal((await call('PUT', 'users/powerbus/password', { body: { Password: PASSWORD } })).status, 409)
  t.equal((await call('DELETE', 'users/powerbus')).status, 409)
  t.equal((await call('GET', 'info', as('powerbus'))).status, 401, 'login codes alone')
})

test('login sequence of the CLI: GET info tests a cached token, else Basic, then ttl=7200 with that Bearer', async (t) => {
  t.equal((await call('GET', 'info', { token: 'cached.old' })).status, 401)
  const first = await call('GET', 'users/ada/token', as('ada'))
  t.match(first, { status: 200, body: { Token: String, Info: { api_port: Number, features: Array, version: String } } })
  const second = await call('GET', 'users/ada/token?ttl=7200', { token: first.body.Token })
  t.equal(second.status, 200)
  const leftMs = Date.parse(second.body.Info.Expires) - Date.now()
  t.ok(Math.abs(leftMs - 7_200_000) < 60_000)
  t.equal((await call('GET', 'info', { token: second.body.Token })).status, 200)
  t.equal((await call('GET', 'users/ada/token', as('ada'))).status, 200, 'the password is good again')
  t.equal((await call('GET', 'users/bob/token', as('ada'))).status, 404, 'a token is for who asks')
})

test('GET users/NAME/token: Info is the info object, and scope, action, specific and roles cut the token down', async (t) => {
  const { Info, Token } = (await call('GET', 'users/ada/token?roles=read', as('ada'))).body
  const info = (await call('GET', 'info')).body
  for (const name of Object.keys(info)) t.ok(Object.hasOwn(Info, name), name)
  t.equal(
    Object.entries(Info).findLast(([name]) => name.toLowerCase() === 'id')?.[1],
    info.id,
    "Go's decoder takes the last",
  )
  t.equal((await call('POST', 'machines', { token: Token, body: { Name: 'm3' } })).status, 403)
  t.equal((await call('GET', 'users/bob/token?roles=superuser', as('bob'))).status, 403)
  t.equal((await call('GET', 'users/bob/token?action=get,list', as('bob'))).status, 200)
})

test('GET machines/KEY/token?ttl=1h: a token for that machine', async (t) => {
  const { Uuid } = (await call('POST', 'machines', { body: { Name: 'm4' } })).body
  const answer = await call('GET', 'machines/Name:m4/token?ttl=1h', as('ada'))
  t.match(answer, { status: 200, body: { Token: String, Info: { version: String } } })
  t.ok(Math.abs(Date.parse(answer.body.Info.Expires) - Date.now() - 3_600_000) < 60_000)
  t.equal((await call('GET', `machines/${Uuid}`, { token: answer.body.Token })).status, 200)
  t.equal((await call('GET', 'machines', { token: answer.body.Token })).status, 403)
})

test('PUT users/NAME/password: answers the user, and nobody ever sees a hash', async (t) => {
  await call('POST', 'users', { body: { Name: 'eve', Roles: ['act'] } })
  const answer = await call('PUT', 'users/eve/password', { body: { Password: 'another one' } })
  t.match(answer, { status: 200, body: { Name: 'eve', Roles: ['act'], Secret: '' } })
  await audit.find('the change', ({ Action, Key, Principal }) => {
    return Action === 'password-set' && Key === 'eve' && Principal === 'user:powerbus'
  })
  await call('DELETE', 'users/eve')
  await events.find('the end', ({ Type, Action, Key }) => `${Type}.${Action}.${Key}` === 'users.delete.eve')
  const store = JSON.stringify([events.events, audit.events, logged, (await call('GET', 'users')).body, answer.body])
  t.notMatch(store, /another one|"hash"|scrypt|PasswordHash/)
})

test('a password is set by admins, and by who shows the present one', async (t) => {
  await addUser('kim', 'read')
  const body = { Password: 'kims own secret' }
  const { Token } = (await call('GET', 'users/kim/token', as('kim'))).body
  t.equal((await call('PUT', 'users/kim/password', { token: Token, body })).status, 403, 'a stolen token must not last')
  t.equal((await call('PUT', 'users/ada/password', { ...as('kim'), body })).status, 403)
  t.equal((await call('PUT', 'users/kim/password', { ...as('kim'), body })).status, 200)
  t.equal((await call('GET', 'info', as('kim'))).status, 403)
  t.equal((await call('GET', 'info', as('kim', 'kims own secret'))).status, 200)
  t.equal((await call('PUT', 'users/none/password', { body })).status, 404)
})

test('tokens end when the password changes, the user is removed, or may do less', async (t) => {
  const tokens = async (user: string) => {
    const { Token } = (await call('GET', `users/${user}/token`, as(user))).body
    const below = (await call('GET', `users/${user}/token?ttl=600`, { token: Token })).body.Token
    const reading = (await call('GET', `users/${user}/token?roles=read`, { token: Token })).body.Token
    return [Token, below, reading]
  }
  const statuses = async (all: readonly string[]) => {
    return await Promise.all(all.map(async (token) => (await call('GET', 'info', { token })).status))
  }
  await addUser('tom', 'admin')
  const first = await tokens('tom')
  t.same(await statuses(first), [200, 200, 200])
  const renewed = await makeToken(call, { Name: 'not of tom' })
  await call('PUT', 'users/tom/password', { body: { Password: PASSWORD } })
  t.same(await statuses([...first, renewed.token]), [401, 401, 401, 200], 'also where it is the same again')
  const second = await tokens('tom')
  await call('PATCH', 'users/tom', { body: [{ op: 'replace', path: '/Roles', value: ['read'] }] })
  t.same(await statuses(second), [401, 401, 401], 'with what was got with them')
  t.equal((await call('POST', 'machines', { ...as('tom'), body: { Name: 'no' } })).status, 403)
  const third = await tokens('tom')
  await call('PATCH', 'users/tom', { body: [{ op: 'replace', path: '/Roles', value: ['act', 'read'] }] })
  t.same(await statuses(third), [200, 200, 200], 'more rights end nothing')
  const owned = (await call('POST', 'tokens', { body: { Name: 'x', Owner: 'tom', Role: 'read' } })).body.Token
  await call('DELETE', 'users/tom')
  t.same(await statuses([...third, owned]), [401, 401, 401, 401])
  t.equal((await call('GET', 'info', as('tom'))).status, 403)
  await call('POST', 'users', { body: { Name: 'tom', Roles: ['admin'] } })
  t.equal((await call('GET', 'info', as('tom'))).status, 403, 'a user of the same name does not have the old password')
  t.same(await statuses(third), [401, 401, 401])
})

test('an event stream by password or token ends with the user', async (t) => {
  await addUser('sue', 'read')
  const { Token } = (await call('GET', 'users/sue/token', as('sue'))).body
  const ca = (await readOperatorFile(stateDir))?.certificate
  const open = async (headers: Record<string, string>) => {
    const socket = new WebSocket(`${endpoint.url.replace('https', 'wss')}/api/v3/ws`, { ca, headers })
    t.teardown(() => socket.terminate())
    await once(socket, 'open')
    return { closed: once(socket, 'close') }
  }
  const streams = [await open(basic('sue', PASSWORD)), await open({ authorization: `Bearer ${Token}` })]
  await call('DELETE', 'users/sue')
  for (const { closed } of streams) t.equal((await closed)[0], 1008)
})

test('users: roles are known ones, names are free, and a user without a role may do nothing', async (t) => {
  await addUser('zoe')
  t.match(await call('GET', 'info', as('zoe')), { status: 403, body: { Messages: [/role/] } })
  const cases: [object, number][] = [
    [{ Name: 'x1', Roles: ['root'] }, 422],
    [{ Name: 'x1', Roles: 'admin' }, 400],
    [{ Name: 'x1', Password: PASSWORD }, 422],
    [{ Name: 'x1', PasswordHash: 'abc' }, 422],
    [{ Name: 'ada' }, 409],
    [{ Name: 'powerbus' }, 409],
    [{ Name: 'a:b' }, 400],
    [{ Roles: [] }, 400],
  ]
  for (const [body, status] of cases)
    t.equal((await call('POST', 'users', { body })).status, status, JSON.stringify(body))
  const made = await call('POST', 'users', { body: { Name: 'x2', Secret: 'abc', Roles: null } })
  t.match(made, { status: 201, body: { Name: 'x2', Secret: '', Validated: true, Available: true } })
  t.same(made.body.Roles, [])
})

test('users: admins alone see and change them, never a plugin', async (t) => {
  const plugin = await tokenOfPlugin(call)
  const { token } = await makeToken(call, { Role: 'act' })
  for (const path of ['users', 'users/ada', 'meta/users/ada']) {
    for (const options of [{ token }, { token: plugin }, as('bob')]) {
      t.equal((await call('GET', path, options)).status, 403, path)
    }
  }
  t.equal((await call('POST', 'users', { token: plugin, body: { Name: 'own', Roles: ['admin'] } })).status, 403)
  t.equal((await call('PUT', 'users/ada/password', { token: plugin, body: { Password: PASSWORD } })).status, 403)
})

test('roles: read, act, admin and superuser, which nobody changes', async (t) => {
  const { body } = await call('GET', 'roles', as('bob'))
  t.same(
    body.map(({ Name }: { Name: string }) => Name),
    ['act', 'admin', 'read', 'superuser'],
  )
  t.match(body.at(-1), { ReadOnly: true, Claims: [{ scope: '*', action: '*', specific: '*' }] })
  t.equal((await call('POST', 'roles', { body: { Name: 'mine' } })).status, 501)
  t.equal((await call('PATCH', 'roles/read', { body: [] })).status, 409)
  t.equal((await call('DELETE', 'roles/read')).status, 409)
})

test('the state folder holds a salted scrypt hash with its cost, and passwords survive a restart', async (t) => {
  await stop()
  const found = await storedPasswords()
  t.same(found.map(({ user }) => user).sort(), ['ada', 'bob', 'kim', 'zoe'])
  t.match(found[0], {
    id: /^password-/,
    hash: { cost: TEST_COST, blockSize: 8, parallelization: 3, salt: String, hash: String },
  })
  t.equal(new Set(found.map(({ hash }) => Object(hash).salt)).size, found.length)
  t.notMatch(JSON.stringify(found), PASSWORD)
  const asShipped = { stateDir, passwordCost: undefined }
  const again = await startCheckedEndpoint(t, (folder) => writeFixturePlugin(folder), asShipped)
  await waitUntil('the login', async () => (await again.call('GET', 'info', as('ada'))).status === 200)
  const set = await again.call('PUT', 'users/bob/password', { body: { Password: 'a newer one' } })
  t.equal(set.status, 200)
  t.equal((await again.call('GET', 'info', as('bob', 'a newer one'))).status, 200)
  await again.stop()
  const costs = (await storedPasswords()).map(({ user, hash }) => [user, Object(hash).cost])
  t.match(Object.fromEntries(costs), { ada: TEST_COST, bob: 2 ** 15 }, 'the default, for new passwords')
})

async function storedPasswords(): Promise<readonly Record<string, unknown>[]> {
  const store = await openStore({ folder: join(stateDir, 'store') })
  const found: Record<string, unknown>[] = []
  for await (const { key, value } of store.scan('passwords/')) found.push({ key, ...Object(value) })
  await store.close()
  return found
}
