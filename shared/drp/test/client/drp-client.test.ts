import { test } from 'tap'
import { DrpClient, filter } from '../../src/index.ts'
import { apiServer, reply } from '../fixture/api-server.ts'

const machine = { Name: 'node-01', Uuid: 'u-1', Params: { 'ipmi/address': '10.0.0.1' }, Profiles: ['a'] }

test('every request has the headers of the contract', async (t) => {
  const server = await apiServer(t, (_request, response) => reply(response, { version: 'v4.1.0', features: ['x'] }))
  const drp = new DrpClient({ endpoint: `${server.endpoint}/`, token: async () => 'tok' })
  t.teardown(() => drp.close())
  t.match(await drp.info(), { version: 'v4.1.0', features: ['x'] })
  t.match(server.seen[0], {
    method: 'GET',
    url: '/api/v3/info',
    headers: { authorization: 'Bearer tok', accept: 'application/json', 'cache-control': 'no-store' },
  })
})

test('objects are listed, read, created, replaced, patched and deleted', async (t) => {
  const server = await apiServer(t, ({ method, url }, response) => {
    reply(response, method === 'GET' && !url.includes('u-1') ? [machine] : machine, method === 'POST' ? 201 : 200)
  })
  const drp = new DrpClient({ endpoint: server.endpoint, token: 'tok' })
  t.teardown(() => drp.close())
  const query = {
    where: { 'ipmi/mode': filter.equal('redfish'), Name: filter.oneOf('a', 'b') },
    slim: ['Meta', 'Params'],
  }
  t.match((await drp.machines.list({ ...query, limit: 5, reverse: true }))[0], machine)
  t.match(await drp.machines.get('u-1'), machine)
  await drp.machines.get('Name:node-01 u-1', { aggregate: true, decode: true })
  const whole = await drp.machines.create({ Name: 'node-01' })
  await drp.machines.replace('u-1', whole)
  await drp.machines.patch('u-1', [{ op: 'replace', path: '/Name', value: 'n' }])
  t.match(await drp.machines.delete('u-1'), machine)
  t.strictSame(
    server.seen.map(({ method, url }) => `${method} ${url}`),
    [
      'GET /api/v3/machines?ipmi%2Fmode=Eq%28redfish%29&Name=In%28a%2Cb%29&slim=Meta%2CParams&limit=5&reverse=true',
      'GET /api/v3/machines/u-1',
      'GET /api/v3/machines/Name:node-01%20u-1?aggregate=true&decode=true',
      'POST /api/v3/machines',
      'PUT /api/v3/machines/u-1',
      'PATCH /api/v3/machines/u-1',
      'DELETE /api/v3/machines/u-1',
    ],
  )
  t.strictSame(server.seen[5]?.body, [{ op: 'replace', path: '/Name', value: 'n' }])
})

test('an update sends the difference and tests the values that it replaces', async (t) => {
  const server = await apiServer(t, (_request, response) => reply(response, machine))
  const drp = new DrpClient({ endpoint: server.endpoint })
  t.teardown(() => drp.close())
  const before = await drp.machines.get('u-1')
  await drp.machines.update('u-1', before, { ...before, Params: { 'ipmi/address': '10.0.0.2' } })
  t.strictSame(server.seen[1]?.body, [
    { op: 'test', path: '/Params/ipmi~1address', value: '10.0.0.1' },
    { op: 'replace', path: '/Params/ipmi~1address', value: '10.0.0.2' },
  ])
  t.equal(await drp.machines.update('u-1', before, { ...before }), before)
  t.equal(server.seen.length, 2, 'an update without a difference sends no request')
})

test('slashes in the names of params stay', async (t) => {
  const server = await apiServer(t, (_request, response) => reply(response, { 'ipmi/address': 'a' }))
  const drp = new DrpClient({ endpoint: server.endpoint })
  t.teardown(() => drp.close())
  t.strictSame(await drp.machines.params('u-1', { aggregate: true }), { 'ipmi/address': 'a' })
  await drp.machines.param('u-1', 'ipmi/address', { decode: true })
  await drp.plugins.setParam('ipmi', 'ipmi/port ä', 0)
  await drp.objects('profiles').deleteParam('global', 'a/b/c')
  t.strictSame(
    server.seen.map(({ method, url, body }) => [method, url, body]),
    [
      ['GET', '/api/v3/machines/u-1/params?aggregate=true', undefined],
      ['GET', '/api/v3/machines/u-1/params/ipmi/address?decode=true', undefined],
      ['POST', '/api/v3/plugins/ipmi/params/ipmi/port%20%C3%A4', 0],
      ['DELETE', '/api/v3/profiles/global/params/a/b/c', undefined],
    ],
  )
})

test('a key or name cannot address another path', async (t) => {
  const drp = new DrpClient({ endpoint: 'https://127.0.0.1:1', retries: 0 })
  t.teardown(() => drp.close())
  for (const key of ['', '..', '.', 'a/../b']) await t.rejects(drp.machines.get(key), RangeError)
  await t.rejects(drp.machines.setParam('u', '../../plugins/x', 1), RangeError)
  await t.rejects(drp.actions.run('machines', 'u', 'a/b'), RangeError)
})

test('actions are listed and run, events posted, and tokens fetched with basic authentication', async (t) => {
  const server = await apiServer(t, ({ method, url }, response) => {
    if (url.includes('token')) return reply(response, { Token: 'long', Info: {} })
    reply(response, method === 'GET' ? [{ Command: 'poweron', Model: 'machines' }] : { Power: 'on' })
  })
  const drp = new DrpClient({ endpoint: server.endpoint, basic: { username: 'admin', password: 'pä:ss' } })
  t.teardown(() => drp.close())
  t.match(await drp.actions.list('machines', 'u-1'), [{ Command: 'poweron', RequiredParams: { length: 0 } }])
  t.strictSame(await drp.actions.run('machines', 'u-1', 'poweron', { 'power/timeout': 5 }), { Power: 'on' })
  const event = { Time: '', Type: 'a', Action: 'b', Key: 'c', Principal: '', Object: null, Original: null }
  await drp.postEvent(event)
  t.equal((await drp.userToken('admin', 600)).Token, 'long')
  t.match(server.seen[1], { url: '/api/v3/machines/u-1/actions/poweron', body: { 'power/timeout': 5 } })
  t.match(server.seen[2], { method: 'POST', url: '/api/v3/events', body: event })
  t.equal(server.seen[3]?.url, '/api/v3/users/admin/token?ttl=600')
  const basic = `Basic ${Buffer.from('admin:pä:ss').toString('base64')}`
  t.equal(server.seen[3]?.headers.authorization, basic)
})

test("requests to a plugin's own API go to the path below its name", async (t) => {
  const server = await apiServer(t, (_request, response) => reply(response, { ok: true }))
  const drp = new DrpClient({ endpoint: server.endpoint, token: 'x' })
  t.teardown(() => drp.close())
  t.strictSame(await drp.pluginApi('slack', 'POST', 'preview', { events: [] }), { ok: true })
  t.match(server.seen[0], { method: 'POST', url: '/plugin-apis/slack/preview', body: { events: { length: 0 } } })
  t.equal(server.seen[0]?.headers.authorization, 'Bearer x')
})

test('a request carries its id and the user it is for, and recent events are read', async (t) => {
  const event = { Time: '', Type: 'a', Action: 'b', Key: 'c', Principal: '', Object: null, Original: null }
  const server = await apiServer(t, (_request, response) => reply(response, [event]))
  const drp = new DrpClient({ endpoint: server.endpoint })
  t.teardown(() => drp.close())
  const events = await drp.recentEvents(5, { requestId: 'r-1', onBehalfOf: 'user:ada' })
  t.strictSame(events, [event])
  t.equal(server.seen[0]?.url, '/api/v3/events?limit=5')
  t.match(server.seen[0]?.headers, { 'x-request-id': 'r-1', 'x-powerbus-on-behalf-of': 'user:ada' })
})
