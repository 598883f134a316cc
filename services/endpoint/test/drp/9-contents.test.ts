import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'

// Each test is one row of what drpcli 4.8 needs of content bundles. One endpoint serves them all, with the plugin
// provider `demo`, whose bundle defines demo/address.
const { call, endpoint } = await startCheckedEndpoint(tap, (folder) => writeFixturePlugin(folder))

/** A bundle as drpcli sends it. */
const bundle = (Name: string, sections: object, meta: object = {}) => ({
  meta: { Name, Version: 'v1.0.0', Description: '', Type: '', Writable: false, Overwritable: false, ...meta },
  sections,
})
const rack = bundle(
  'rack',
  {
    params: { 'rack/slot': { Name: 'rack/slot', Schema: { type: 'integer', default: 3 } } },
    profiles: { 'rack-west': { Name: 'rack-west', Params: { 'demo/password': 'hush' } } },
    stages: { 'rack-check': { Name: 'rack-check', Tasks: ['rack-look'] } },
    tasks: { 'rack-look': { Name: 'rack-look', Templates: [] } },
    templates: { 'rack.tmpl': { ID: 'rack.tmpl', Contents: 'x' } },
    workflows: { 'rack-flow': { Name: 'rack-flow', Stages: ['rack-check'] } },
  },
  { Author: 'ada', Color: 'blue' },
)
const summaries = async () => {
  const { body } = await call('GET', 'contents')
  return Object.fromEntries(body.map((one: { meta: { Name: string } }) => [one.meta.Name, one]))
}

test('POST contents answers 201 and the summary', async (t) => {
  const seen = collectEvents(endpoint)
  const made = await call('POST', 'contents', { body: rack })
  t.equal(made.status, 201)
  const counts = { params: 1, profiles: 1, stages: 1, tasks: 1, templates: 1, workflows: 1 }
  t.match(made.body, { meta: { Name: 'rack', Author: 'ada' }, Counts: counts, Warnings: { length: 0 } })
  await seen.find('the event', ({ Type, Action, Key }) => `${Type}.${Action}.${Key}` === 'contents.create.rack')
  t.equal((await call('POST', 'contents', { body: rack })).status, 409, 'it is there')
})

test('GET contents lists meta, Counts and Warnings, with BackingStore, BasicStore and one a plugin provider', async (t) => {
  const all = await summaries()
  t.same(Object.keys(all).sort(), ['BackingStore', 'BasicStore', 'demo', 'powerbus', 'rack'])
  t.match(all.BackingStore, { meta: { Type: 'writable', Writable: true }, Counts: { profiles: 1, plugins: 1 } })
  t.match(all.BasicStore, { meta: { Type: 'basic' }, Counts: { stages: 2 } })
  t.match(all.demo, { meta: { Type: 'plugin', Writable: false }, Counts: { params: 3 } })
  for (const one of Object.values<{ Warnings: unknown }>(all)) t.ok(Array.isArray(one.Warnings))
})

test('the meta fields are texts, but for Writable and Overwritable', async (t) => {
  const { meta } = (await summaries()).rack
  const fields =
    'Name Version Description Source Documentation RequiredFeatures Prerequisites Color Icon Author DisplayName License Copyright CodeSource Order Tags DocUrl Type'
  for (const name of fields.split(' ')) t.type(meta[name], 'string', name)
  t.same([meta.Writable, meta.Overwritable, meta.Type, meta.Color], [false, false, 'dynamic', 'blue'])
})

test('GET contents/NAME answers {meta, sections:{section:{key:object}}}', async (t) => {
  const got = await call('GET', 'contents/rack')
  t.match(got.body, { meta: { Name: 'rack' }, sections: { stages: { 'rack-check': { Tasks: ['rack-look'] } } } })
  t.notMatch(got.text, /hush/, 'a secret in it is sealed')
  t.match((await call('GET', 'contents/BackingStore')).body, { sections: { profiles: { global: {} } } })
  t.equal((await call('GET', 'contents/none')).status, 404)
})

test('its objects are there under their kinds, read-only, with the name of the bundle', async (t) => {
  const places = ['params/rack/slot', 'profiles/rack-west', 'stages/rack-check', 'tasks/rack-look']
  for (const place of [...places, 'templates/rack.tmpl', 'workflows/rack-flow']) {
    t.match(await call('GET', place), { status: 200, body: { ReadOnly: true, Bundle: 'rack', Available: true } }, place)
    t.ok((await call('DELETE', place)).status >= 400, `DELETE ${place}`)
  }
  const body = { Name: 'm1', Profiles: ['rack-west'] }
  await call('POST', 'machines', { body })
  const params = (await call('GET', 'machines/Name:m1/params?aggregate=true&decode=true')).body
  t.match(params, { 'rack/slot': 3, 'demo/password': 'hush' })
})

test('PUT contents/NAME replaces', async (t) => {
  const { tasks: _, ...others } = rack.sections as Record<string, unknown>
  const next = bundle('rack', { ...others, params: {} }, { Version: 'v2.0.0' })
  const put = await call('PUT', 'contents/rack?replaceWritable=true', { body: next })
  t.match([put.status, put.body.meta.Version], [200, 'v2.0.0'])
  t.equal((await call('GET', 'tasks/rack-look')).status, 404)
  t.match(
    put.body.Warnings,
    [/^stages\/rack-check: .*rack-look/],
    'a stage that names no task is taken, with a warning',
  )
  t.match((await call('GET', 'stages/rack-check')).body, { Available: false })
  t.equal((await call('PUT', 'contents/other', { body: next })).status, 400, 'another name')
  t.equal((await call('PUT', 'contents/new', { body: bundle('new', {}) })).status, 404)
  t.equal((await call('PUT', 'contents/demo', { body: bundle('demo', {}) })).status, 409, 'of a plugin provider')
  t.equal((await call('PUT', 'contents/BasicStore', { body: bundle('BasicStore', {}) })).status, 409)
})

test('a key that another layer has makes the push fail with 422, even where both definitions are equal', async (t) => {
  const same = { 'demo/address': { Name: 'demo/address', Schema: { type: 'string', default: 'nowhere' } } }
  const refused = await call('POST', 'contents', { body: bundle('thief', { params: same }) })
  t.equal(refused.status, 422)
  t.match(
    refused.body.Messages[0],
    /New layer violates key restrictions: keysCannotBeOverridden: demo\/address is already in layer \d/,
  )
  t.equal((await call('GET', 'contents/thief')).status, 404)
  await call('POST', 'tasks', { body: { Name: 'own-task' } })
  const own = bundle('own', { tasks: { 'own-task': { Name: 'own-task', Description: 'of the bundle' } } })
  t.equal((await call('POST', 'contents', { body: own })).status, 422, 'also where a client has made it')
  t.equal((await call('POST', 'contents?replaceWritable=true', { body: own })).status, 201)
  t.equal((await call('GET', 'tasks/own-task')).body.Description, 'of the bundle')
})

test('DELETE contents/NAME answers 204 with the content type of JSON', async (t) => {
  const gone = await call('DELETE', 'contents/own')
  t.same([gone.status, gone.text], [204, ''])
  t.match(gone.headers['content-type'], /application\/json/)
  t.equal((await call('GET', 'tasks/own-task')).status, 404)
  t.equal((await call('DELETE', 'contents/own')).status, 404)
  for (const name of ['demo', 'powerbus', 'BasicStore', 'BackingStore']) {
    t.equal((await call('DELETE', `contents/${name}`)).status, 409, name)
  }
})

test('what is no bundle is refused', async (t) => {
  const bodies = [{}, [], { meta: {} }, bundle('', {}), bundle('a/b', {}), bundle('x', { params: [] }), 'x']
  for (const body of bodies) t.equal((await call('POST', 'contents', { body })).status, 400, JSON.stringify(body))
  const odd = bundle('odd', { tasks: { one: { Name: 'two' } }, unknown: { a: { b: 1 } } })
  t.match((await call('POST', 'contents', { body: odd })).body, { Warnings: [/tasks\/one/] })
})

test('an uploaded bundle survives a restart; the built-in one may be replaced, and comes back', async (t) => {
  const stateDir = join(tempFolder(t), 'state')
  const pluginDir = tempFolder(t)
  writeFixturePlugin(pluginDir)
  const first = await startCheckedEndpoint(t, undefined, { stateDir, pluginDir })
  t.equal((await first.call('POST', 'contents', { body: { ...rack } })).status, 201)
  const own = bundle('powerbus', { params: { 'power/own': { Name: 'power/own', Schema: { type: 'string' } } } })
  t.equal((await first.call('PUT', 'contents/powerbus', { body: own })).status, 200)
  await first.stop()
  const store = readdirSync(join(stateDir, 'store')).map((name) => readFileSync(join(stateDir, 'store', name), 'utf8'))
  t.match(store.join(''), /rack-west/)
  t.notMatch(store.join(''), /hush/, 'a secret in it is stored sealed')
  const second = await startCheckedEndpoint(t, undefined, { stateDir })
  t.match((await second.call('GET', 'tasks/rack-look')).body, { Bundle: 'rack' })
  t.equal((await second.call('GET', 'params/power/own')).status, 200)
  t.equal((await second.call('GET', 'params/power/timeout')).status, 404)
  t.equal((await second.call('DELETE', 'contents/powerbus')).status, 204)
  t.equal((await second.call('GET', 'params/power/timeout')).status, 200)
  t.equal((await second.call('GET', 'params/power/own')).status, 404)
})
