import { readFileSync } from 'node:fs'
import { tempFolder } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { checkedCall, startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { collectEvents } from '../fixtures/event-list.ts'
import { type FixtureOptions, writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { makeToken } from '../fixtures/tokens.ts'

// Prefixes of StoreObjects (drpcli extended -l cows). One endpoint serves all tests; `farm` is uploaded to it.
const { call, endpoint } = await startCheckedEndpoint(tap)
const octets = { 'content-type': 'application/octet-stream' }
const upload = async (name: string, options: FixtureOptions) => {
  const body = readFileSync(writeFixturePlugin(tempFolder(tap), { name, params: {}, actions: [], ...options }), 'utf8')
  return await call('POST', `plugin_providers/${name}`, { body, headers: octets })
}
const cow = { type: 'object', properties: { Legs: { type: 'integer', maximum: 4 } }, required: ['Id'] }
/** Its action milk answers what it got, and ask what the endpoint's socket answers to objects/PREFIX. */
const asking = `if (action.Command === 'milk') return answer(200, action); http.get({ socketPath: second, path: '/api-server-plugin/v4/objects/' + action.Params.prefix },
  (response) => { let text = ''; response.on('data', (chunk) => { text += chunk })
    response.on('end', () => answer(200, { status: response.statusCode, body: JSON.parse(text) })) })`
const actions = [
  { Provider: 'farm', Model: '', Command: 'ask', RequiredParams: [], OptionalParams: [] },
  { Provider: 'farm', Model: 'cows', Command: 'milk', RequiredParams: ['farm/litres'], OptionalParams: [] },
]

test("a provider's StoreObjects become kinds of the endpoint while it is loaded", async (t) => {
  t.equal((await call('GET', 'cows')).status, 404)
  t.equal((await upload('farm', { storeObjects: { cows: cow }, action: asking, actions })).status, 201)
  t.same((await call('GET', 'cows')).body, [])
  t.ok((await call('GET', 'objects')).body.includes('cows'))
  t.equal((await call('DELETE', 'cows')).status, 405)
})

test('they are created, listed, shown, patched, replaced and deleted as others are, with events', async (t) => {
  const seen = collectEvents(endpoint)
  const made = await call('POST', 'cows', { body: { Id: 'berta', Legs: 4, Spots: ['left'] } })
  t.match([made.status, made.body], [201, { Id: 'berta', Type: 'cows', Legs: 4, Validated: true, Available: true }])
  const event = await seen.find('the event', ({ Type, Action }) => `${Type}.${Action}` === 'cows.create')
  t.match(event, { Key: 'berta', Principal: 'user:powerbus', Object: { Spots: ['left'] } })
  t.match((await call('GET', 'cows/berta')).body, { Legs: 4 })
  const head = await call('HEAD', 'cows')
  t.match([head.status, head.headers], [200, { 'x-drp-list-total-count': '1' }])
  const patched = await call('PATCH', 'cows/berta', { body: [{ op: 'replace', path: '/Legs', value: 3 }] })
  t.equal(patched.body.Legs, 3)
  t.equal((await call('PUT', 'cows/berta', { body: { Legs: 2 } })).body.Legs, 2)
  t.equal((await call('POST', 'cows/berta/params/farm/name', { body: '"B"' })).status, 200)
  t.equal((await call('GET', 'cows/none')).status, 404)
  t.equal((await call('DELETE', 'cows/berta')).status, 200)
  t.equal((await call('GET', 'cows/berta')).status, 404)
})

test('its schema checks them, and roles hold', async (t) => {
  const refused = await call('POST', 'cows', { body: { Id: 'elsa', Legs: 5 } })
  t.match([refused.status, refused.body.Type], [422, 'ValidationError'])
  t.equal((await call('POST', 'cows', { body: { Legs: 4 } })).status, 400, 'no Id')
  const read = (await makeToken(call, { Role: 'read' })).token
  t.equal((await call('GET', 'cows', { token: read })).status, 200)
  t.equal((await call('POST', 'cows', { token: read, body: { Id: 'x' } })).status, 403)
  t.equal((await call('GET', 'cows', { token: '' })).status, 401)
  const forged = { 'x-principal': 'user:root' }
  const seen = collectEvents(endpoint)
  await call('POST', 'cows', { body: { Id: 'elsa' }, headers: forged })
  t.match(await seen.find('the event', ({ Type }) => Type === 'cows'), { Principal: 'user:powerbus' })
})

test('they have indexes, a Meta map, filters and waits as others have', async (t) => {
  t.match((await call('GET', 'indexes')).body.cows, { Id: { Unique: true } })
  t.match((await call('GET', 'indexes/cows/Id')).body, { Type: 'string', Unique: true })
  t.same((await call('GET', 'meta/cows/elsa')).body, {})
  const icon = [{ op: 'add', path: '/icon', from: '', value: 'bell' }]
  t.same((await call('PATCH', 'meta/cows/elsa', { body: icon })).body, { icon: 'bell' })
  for (const [query, count] of [
    ['Id=elsa', 1],
    ['Meta.icon=bell', 1],
    ['Meta.icon=none', 0],
  ] as const) {
    t.equal((await call('GET', `cows?${query}`)).body.length, count, query)
  }
  const { etag } = (await call('HEAD', 'cows/elsa')).headers
  const headers = { 'if-none-match': String(etag), prefer: 'wait=5m' }
  const waiting = call('GET', 'cows/elsa', { headers })
  await call('PATCH', 'meta/cows/elsa', { body: [{ op: 'remove', path: '/icon', from: '' }] })
  t.match((await waiting).body, { Id: 'elsa', Meta: {} })
})

test('they have actions: listed where the params are there, run with role act, and published', async (t) => {
  t.same((await call('GET', 'cows/elsa/actions')).body, [])
  const missing = await call('POST', 'cows/elsa/actions/milk')
  t.match([missing.status, missing.body.Type], [400, 'PARAM_MISSING'])
  await call('POST', 'cows/elsa/params/farm/litres', { body: '7' })
  t.match((await call('GET', 'cows/elsa/actions?plugin=farm')).body, [{ Model: 'cows', Command: 'milk' }])
  t.same((await call('GET', 'cows/elsa/actions?plugin=other')).body, [])
  t.match((await call('GET', 'cows/elsa/actions/milk')).body, { Provider: 'farm', RequiredParams: ['farm/litres'] })
  const seen = collectEvents(endpoint)
  const token = (await makeToken(call, { Role: 'act' })).token
  const body = { how: 'by hand' }
  const ran = await call('POST', 'cows/elsa/actions/milk?plugin=farm', { body, token })
  t.match([ran.status, ran.body], [200, { CommandSet: 'cows', Plugin: 'farm', Model: { Id: 'elsa' } }])
  t.same(ran.body.Params, { how: 'by hand', 'farm/litres': 7 })
  const event = await seen.find('the event', ({ Type, Action }) => `${Type}.${Action}` === 'cows.milk')
  t.equal(event.Key, 'elsa')
  const read = (await makeToken(call, { Role: 'read' })).token
  t.equal((await call('POST', 'cows/elsa/actions/milk', { token: read })).status, 403)
  t.equal((await call('POST', 'cows', { token, body: { Id: 'x' } })).status, 403, 'to act is not to write')
  t.equal((await call('POST', 'cows/elsa/actions/fly', { token })).status, 404)
  t.equal((await call('POST', 'cows/none/actions/milk', { token })).status, 404)
})

test("the API's description has their routes, and their answers are as it says", async (t) => {
  const { paths } = (await call('GET', '/swagger.json')).body
  t.match(Object.keys(paths['/api/v3/cows']).sort(), ['get', 'post'])
  for (const path of ['', '/params', '/params/{*}', '/actions', '/actions/{command}']) {
    t.ok(paths[`/api/v3/cows/{key}${path}`], path)
  }
  const checked = await checkedCall({ call })
  t.equal((await checked('GET', 'cows')).body.length, 1)
  t.match((await checked('GET', 'cows/elsa')).body, { Type: 'cows' })
  t.match((await checked('GET', 'cows/elsa/actions')).body, { length: 1 })
  t.equal((await checked('POST', 'cows', { body: { Id: 'nina' } })).status, 201)
  t.equal((await checked('DELETE', 'cows/nina')).status, 200)
})

test("GET objects/PREFIX on the plugin's socket answers the stored objects", async (t) => {
  const ask = async (prefix: string) => (await call('POST', 'system/actions/ask', { body: { prefix } })).body
  t.match(await ask('cows'), { status: 200, body: [{ Id: 'elsa', Type: 'cows' }] })
  for (const prefix of ['machines', 'none']) t.equal((await ask(prefix)).status, 404, prefix)
})

test('a kind of others cannot be taken, and the data outlives the provider', async (t) => {
  for (const kind of ['machines', 'cows', 'events', 'a/b']) {
    t.equal((await upload('thief', { storeObjects: { [kind]: {} } })).status, 422, kind)
  }
  t.equal((await call('DELETE', 'plugin_providers/farm')).status, 200)
  t.equal((await call('GET', 'cows')).status, 404)
  t.same((await call('GET', 'indexes/cows')).body, {})
  t.notOk((await call('GET', '/swagger.json')).body.paths['/api/v3/cows'])
  t.equal((await upload('farm', { storeObjects: { cows: {} }, actions })).status, 201)
  t.match((await call('GET', 'cows')).body, [{ Id: 'elsa' }])
})
