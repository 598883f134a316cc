import { test } from 'tap'
import { absentParts } from '../../src/server/absent-routes.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { collectRoutes } from '../fixtures/route-list.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'
import { basic, makeToken, tokenOfPlugin } from '../fixtures/tokens.ts'

/** The weakest role; `user`: as `read`, and not for plugins; `users admin`: not for plugins; `public`: no token. */
type Needed = 'public' | 'read' | 'act' | 'admin' | 'user' | 'users admin'
/** Whether a token for one machine may use it for that machine. */
type Scoped = 'one machine' | 'no'

const plainRoutes = (kind: string, scoped: Scoped = 'no', key = ':key'): [string, Needed, Scoped][] => [
  [`GET /${kind}`, 'read', kind === 'params' ? 'one machine' : 'no'],
  [`POST /${kind}`, 'admin', 'no'],
  [`GET /${kind}/${key}`, 'read', kind === 'params' ? 'one machine' : scoped],
  [`PUT /${kind}/${key}`, 'admin', scoped],
  [`PATCH /${kind}/${key}`, 'admin', scoped],
  [`DELETE /${kind}/${key}`, 'admin', scoped],
  ...(kind === 'params' ? [] : actionRoutes(`/${kind}/:key`, scoped)),
]

const objectRoutes = (kind: string): [string, Needed, Scoped][] => {
  const scoped = kind === 'machines' ? 'one machine' : 'no'
  return [
    ...plainRoutes(kind, scoped),
    [`GET /${kind}/:key/params`, 'read', scoped],
    [`POST /${kind}/:key/params`, 'admin', scoped],
    [`PATCH /${kind}/:key/params`, 'admin', scoped],
    [`GET /${kind}/:key/pubkey`, 'read', scoped],
    [`GET /${kind}/:key/params/*`, 'read', scoped],
    [`POST /${kind}/:key/params/*`, 'admin', scoped],
    [`DELETE /${kind}/:key/params/*`, 'admin', scoped],
  ]
}

const actionRoutes = (path: string, scoped: Scoped): [string, Needed, Scoped][] => [
  [`GET ${path}/actions`, 'read', scoped],
  [`GET ${path}/actions/:command`, 'read', scoped],
  [`POST ${path}/actions/:command`, 'act', scoped],
]

const ABSENT = `/:part(^(?:${Object.keys(absentParts).join('|')})$)`

const apiRoutes: [string, Needed, Scoped][] = [
  ...['machines', 'profiles', 'plugins', 'stages', 'alerts'].flatMap(objectRoutes),
  ...['templates', 'tasks', 'bootenvs', 'contexts', 'workflows', 'roles'].flatMap((kind) => plainRoutes(kind)),
  ...plainRoutes('params', 'no', '*'),
  ...actionRoutes('/system', 'no'),
  ['GET /info', 'read', 'one machine'],
  ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method): [string, Needed, Scoped][] => [
    [`${method} ${ABSENT}`, 'read', 'one machine'],
    [`${method} ${ABSENT}/*`, 'read', 'one machine'],
  ]),
  ['GET /users', 'users admin', 'no'],
  ['POST /users', 'users admin', 'no'],
  ...['GET', 'PUT', 'PATCH', 'DELETE'].map((method): [string, Needed, Scoped] => {
    return [`${method} /users/:key`, 'users admin', 'no']
  }),
  ['PUT /users/:name/password', 'users admin', 'no'],
  ['POST /alerts/:key/acknowledge', 'act', 'no'],
  ['GET /prefs', 'read', 'one machine'],
  ['POST /prefs', 'admin', 'no'],
  ['GET /meta/:prefix/*', 'read', 'no'],
  ['PATCH /meta/:prefix/*', 'admin', 'no'],
  ['GET /objects', 'read', 'one machine'],
  ['GET /indexes', 'read', 'one machine'],
  ['GET /indexes/:prefix', 'read', 'one machine'],
  ['GET /indexes/:prefix/*', 'read', 'one machine'],
  ['GET /interfaces', 'read', 'one machine'],
  ['GET /interfaces/:name', 'read', 'one machine'],
  ['GET /logs', 'admin', 'no'],
  ['POST /whoami', 'read', 'no'],
  ['GET /contents', 'read', 'one machine'],
  ['POST /contents', 'admin', 'no'],
  ['GET /contents/:key', 'read', 'one machine'],
  ['PUT /contents/:key', 'admin', 'no'],
  ['DELETE /contents/:key', 'admin', 'no'],
  ['GET /plugin_providers', 'read', 'one machine'],
  ['GET /plugin_providers/:key', 'read', 'one machine'],
  ['GET /plugin_providers/:key/binary', 'read', 'one machine'],
  ['POST /plugin_providers/:key', 'admin', 'no'],
  ['DELETE /plugin_providers/:key', 'admin', 'no'],
  ...['files', 'isos'].flatMap((folder): [string, Needed, Scoped][] => [
    [`GET /${folder}`, 'read', 'one machine'],
    [`GET /${folder}/*`, 'read', 'one machine'],
    [`POST /${folder}/*`, 'admin', 'no'],
    [`DELETE /${folder}/*`, 'admin', 'no'],
  ]),
  ['GET /events', 'read', 'one machine'],
  ['POST /events', 'admin', 'no'],
  ['GET /ws', 'read', 'one machine'],
  ['GET /users/:name/token', 'user', 'one machine'],
  ['POST /users/:name/login-code', 'users admin', 'no'],
  ['GET /machines/:key/token', 'read', 'one machine'],
  ['GET /tokens', 'read', 'one machine'],
  ['POST /tokens', 'users admin', 'no'],
  ['DELETE /tokens/:key', 'read', 'one machine'],
]

const rootRoutes: [string, Needed, Scoped][] = [
  ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method): [string, Needed, Scoped] => {
    return [`${method} /:proxy/api/v3/*`, 'read', 'one machine']
  }),
  ['GET /healthz', 'public', 'one machine'],
  ['GET /readyz', 'public', 'one machine'],
  ['GET /metrics', 'read', 'no'],
  ...['/swagger.json', '/api', '/api/start.js', '/api/viewer.js', '/api/viewer.css'].map(
    (path): [string, Needed, Scoped] => [`GET ${path}`, 'public', 'one machine'],
  ),
  ['GET /files/*', 'public', 'one machine'],
  ['GET /isos/*', 'public', 'one machine'],
]

const METHODS = ['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT']
const pluginApi = METHODS.map((method): [string, Needed, Scoped] => {
  return [`${method} /plugin-apis/:name/*`, method === 'GET' ? 'read' : 'admin', 'no']
})

const allowedTo: Record<'read' | 'act' | 'admin' | 'plugin', readonly Needed[]> = {
  read: ['public', 'read', 'user'],
  act: ['public', 'read', 'user', 'act'],
  admin: ['public', 'read', 'user', 'act', 'admin', 'users admin'],
  plugin: ['public', 'read', 'act', 'admin'],
}

test('every route asks for its role, and for its scope', async (t) => {
  const routes = collectRoutes(t)
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  const table = [
    ...apiRoutes.map(([route, ...rest]) => [route.replace(' ', ' /api/v3'), ...rest] as const),
    ...rootRoutes,
    ...pluginApi,
  ]
  const known = table.map(([route]) => route)
  // The socket of a launched plugin has routes of its own, and no tokens.
  const ofPlugins = /^\w+ \/(?:plugin-apis|api-server-plugin)\//
  const found = [...routes].filter((route) => !route.startsWith('HEAD ') && !ofPlugins.test(route))
  t.same(found.toSorted(), known.filter((route) => !ofPlugins.test(route)).toSorted())

  const { Uuid } = (await call('POST', 'machines', { body: { Name: 'm1' } })).body
  await call('POST', 'machines', { body: { Name: 'm2' } })
  const tokens = {
    read: (await makeToken(call, { Role: 'read' })).token,
    act: (await makeToken(call, { Role: 'act' })).token,
    admin: (await makeToken(call)).token,
    plugin: await tokenOfPlugin(call),
  }
  const scoped = (await makeToken(call, { Scope: 'machines/Name:m1', Role: 'act' })).token
  const paths = (path: string, machine: string) => {
    const key = path.includes('/profiles/') ? 'nobody' : path.includes('/plugins/') ? 'none' : machine
    const places: [string, string][] = [
      [':key', path.includes('/tokens/') ? 'none' : key],
      [':name', path.includes('/users/') ? 'powerbus' : 'none'],
      [':command', 'nothing'],
      [ABSENT.slice(1), 'jobs'],
      [':proxy', 'west'],
      [':prefix', 'machines'],
      ['*', 'nothing'],
    ]
    return places.reduce((text, [place, value]) => text.replace(place, value), path)
  }
  // The allowed are refused with 400 or 404 for these bodies, so that nothing changes but a token is made.
  const ask = async (route: string, token: string, machine: string) => {
    const [method = '', path = ''] = route.split(' ')
    const body = path.endsWith('/tokens') ? { Name: 'probe' } : '"none"'
    return (await call(method, paths(path, machine), { token, ...(method === 'GET' ? {} : { body }) })).status
  }
  for (const [route, needed, isScoped] of table) {
    if (route.startsWith('DELETE /api/v3/machines')) continue
    for (const role of ['read', 'act', 'admin', 'plugin'] as const) {
      const status = await ask(route, tokens[role], Uuid)
      t.equal(status !== 403, allowedTo[role].includes(needed), `${role}: ${route} answers ${status}`)
    }
    t.equal((await ask(route, '', Uuid)) === 401, needed !== 'public', `nobody: ${route}`)
    const mayScoped = isScoped === 'one machine' && allowedTo.act.includes(needed)
    t.equal((await ask(route, scoped, Uuid)) !== 403, mayScoped, `one machine: ${route}`)
    if (route.includes('/machines/:key')) t.equal(await ask(route, scoped, 'Name:m2'), 403, `another machine: ${route}`)
  }
  for (const path of [`machines/${Uuid}`, `machines/${Uuid}/params/none`]) {
    for (const role of ['read', 'act'] as const) {
      t.equal((await call('DELETE', path, { token: tokens[role] })).status, 403, `${role}: DELETE ${path}`)
    }
  }
  t.equal((await call('HEAD', 'machines', { token: tokens.read })).status, 200)
})

test('decode=true needs the role admin and no scope, whatever the route', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  await call('POST', 'machines', { body: { Name: 'm1', Params: { 'demo/password': 'geheim' } } })
  const plugin = await tokenOfPlugin(call)
  const read = (await makeToken(call, { Role: 'read' })).token
  const act = (await makeToken(call, { Role: 'act' })).token
  const scoped = (await makeToken(call, { Scope: 'machines/Name:m1' })).token
  const bases = ['machines', 'machines/Name:m1', 'machines/Name:m1/params', 'machines/Name:m1/params/demo/password']
  for (const base of bases) {
    for (const query of [
      'decode=true',
      'aggregate=true&decode=true',
      'decode=false&decode=true',
      'decode=true&decode=false',
    ]) {
      for (const token of [read, act, scoped]) {
        const answer = await call('GET', `${base}?${query}`, { token })
        t.equal(answer.status, 403, `${base}?${query}`)
        t.notMatch(answer.text, /geheim/)
      }
    }
    t.match((await call('GET', `${base}?decode=true`, { token: plugin })).text, /geheim/)
    t.equal((await call('GET', `${base}?decode=false`, { token: read })).status, 200)
  }
})

test('a token gives no more than it has: role, scope and what DRP asks for with roles, scope, action and specific', async (t) => {
  const { call } = await startTestEndpoint(t)
  const { Uuid } = (await call('POST', 'machines', { body: { Name: 'm1' } })).body
  const rights = async (query: string, token?: string) => {
    const answer = await call('GET', `users/powerbus/token?${query}`, token === undefined ? {} : { token })
    if (answer.status !== 200) return answer.status
    const [own] = (await call('GET', 'tokens', { token: answer.body.Token })).body.slice(0, 1)
    const all: { Id: string; Role: string; Scope: string }[] = (await call('GET', 'tokens')).body
    const made = all.find(({ Id }) => Id === answer.body.Info.Id)
    t.ok(own)
    return `${made?.Role} ${made?.Scope}`
  }
  const one = `scope=machines&specific=${Uuid}`
  const cases: [string, string | number][] = [
    ['', 'admin all'],
    ['scope=*&action=*&specific=*', 'admin all'],
    ['roles=superuser', 'admin all'],
    ['roles=read', 'read all'],
    ['roles=read,act', 'act all'],
    ['action=get,list', 'read all'],
    ['action=get,action', 'act all'],
    ['roles=admin&action=get', 'read all'],
    [one, `act machines/${Uuid}`],
    [`scope=machines&specific=Name:m1&action=list`, `read machines/${Uuid}`],
    [`${one}&roles=admin`, 400],
    ['scope=machines', 400],
    ['specific=x', 400],
    ['scope=machines&specific=nobody', 404],
    ['scope=machines,plugins&specific=x', 400],
    ['action=delete', 400],
    ['roles=operator', 400],
  ]
  for (const [query, expected] of cases) t.equal(await rights(query), expected, query)
  const read = (await makeToken(call, { Role: 'read' })).token
  t.equal(await rights('', read), 'read all')
  for (const query of ['roles=act', 'roles=superuser', 'action=action']) t.equal(await rights(query, read), 403, query)
  const scoped = (await makeToken(call, { Scope: `machines/${Uuid}`, Role: 'read' })).token
  t.equal(await rights('', scoped), `read machines/${Uuid}`)
  t.equal(await rights('roles=act', scoped), 403)
  const other = (await call('POST', 'machines', { body: { Name: 'm2' } })).body.Uuid
  t.equal(await rights(`scope=machines&specific=${other}`, scoped), 403)
  t.equal((await call('GET', 'machines/Name:m2/token', { token: scoped })).status, 403)
})

test('who is not admin sees and revokes the own token and those below it only', async (t) => {
  const { call } = await startTestEndpoint(t)
  const mine = await makeToken(call, { Name: 'mine', Role: 'act' })
  const other = await makeToken(call, { Name: 'other', Role: 'read' })
  const below = (await call('GET', 'users/powerbus/token', { token: mine.token })).body
  const seen = await call('GET', 'tokens', { token: mine.token })
  t.same(
    seen.body.map(({ Id }: { Id: string }) => Id),
    [mine.id, below.Info.Id],
  )
  t.same(Object.keys(seen.body[0]).sort(), 'Expires Id LastUsed Made Name Owner Parent Role Scope'.split(' '))
  t.match(seen.body[0], { Name: 'mine', Owner: 'user:powerbus', Role: 'act', LastUsed: /^20/ })
  t.notOk(seen.text.includes(mine.token))
  t.equal((await call('DELETE', `tokens/${other.id}`, { token: mine.token })).status, 404)
  t.equal((await call('DELETE', `tokens/${below.Info.Id}`, { token: mine.token })).status, 200)
  t.equal((await call('GET', 'tokens')).body.length, 2)
  const owned = await call('POST', 'tokens', { body: { Name: 'backup', Owner: 'ada', Role: 'read', Ttl: 60 } })
  t.match(owned.body.Info, { Owner: 'user:ada', Role: 'read' })
  t.equal((await call('GET', 'users/ada/token', { token: owned.body.Token })).status, 200)
  t.equal((await call('GET', 'users/powerbus/token', { token: owned.body.Token })).status, 404)
  for (const body of [
    {},
    { Name: '' },
    { Name: 'x', Role: 'root' },
    { Name: 'x', Scope: 'y' },
    { Name: 'x', Ttl: 0 },
  ]) {
    t.equal((await call('POST', 'tokens', { body })).status, 400, JSON.stringify(body))
  }
})

test('a token for a script may be made with a login code, which a wrong request does not use up', async (t) => {
  const { endpoint, call } = await startTestEndpoint(t)
  const headers = basic('powerbus', endpoint.loginCode)
  t.equal((await call('POST', 'tokens', { token: '', headers, body: { Name: '' } })).status, 400)
  t.equal((await call('GET', 'users/powerbus/token?ttl=x', { token: '', headers })).status, 400)
  const body = { Name: 'login', Ttl: 30 * 86_400 }
  t.match(await call('POST', 'tokens', { token: '', headers, body }), {
    status: 201,
    body: { Info: { Parent: 'login-code' } },
  })
  t.equal((await call('POST', 'tokens', { token: '', headers, body })).status, 401)
})
