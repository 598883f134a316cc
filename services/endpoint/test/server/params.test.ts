import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sharedBundle } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

test('params are set, read and removed one by one, with slashes in their names', async (t) => {
  const { call } = await startTestEndpoint(t)
  await call('POST', 'machines', { body: { Name: 'm1' } })
  for (const value of ['text', 0, false, null, [1], { a: {} }]) {
    const set = await call('POST', 'machines/Name:m1/params/a/b/c', { body: JSON.stringify(value) })
    t.same([set.status, set.body], [200, value])
    t.same((await call('GET', 'machines/Name:m1/params/a/b/c')).body, value)
  }
  t.same((await call('GET', 'machines/Name:m1/params')).body, { 'a/b/c': { a: {} } })
  t.same((await call('DELETE', 'machines/Name:m1/params/a/b/c')).body, { a: {} })
  t.equal((await call('GET', 'machines/Name:m1/params/a/b/c')).text, 'null')
  t.equal((await call('DELETE', 'machines/Name:m1/params/a/b/c')).status, 404)
  t.equal((await call('POST', 'machines/Name:m1/params/a/b/c')).status, 400, 'no body is no value')
})

test('an object has its own params over its profiles in order, over profile global, over defaults', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  const address = async () => (await call('GET', 'machines/Name:m1/params/demo/address?aggregate=true')).body
  await call('POST', 'machines', { body: { Name: 'm1' } })
  t.equal((await call('GET', 'machines/Name:m1/params/demo/address')).text, 'null')
  t.equal(await address(), 'nowhere')
  await call('POST', 'profiles/global/params/demo/address', { body: '"global"' })
  t.equal(await address(), 'global')
  await call('POST', 'profiles', { body: { Name: 'first', Params: {} } })
  await call('POST', 'profiles', { body: { Name: 'second', Params: { 'demo/address': 'second' } } })
  await call('PATCH', 'machines/Name:m1', { body: [{ op: 'replace', path: '/Profiles', value: ['first', 'second'] }] })
  t.equal(await address(), 'second')
  await call('POST', 'profiles/first/params/demo/address', { body: '"first"' })
  t.equal(await address(), 'first')
  await call('POST', 'machines/Name:m1/params/demo/address', { body: '"own"' })
  t.equal(await address(), 'own')
  t.equal((await call('DELETE', 'profiles/first')).status, 409, 'a profile in use stays')
  t.equal((await call('DELETE', 'profiles/global')).status, 409)
})

test('a value that its definition refuses answers 400 that names the param, on every route', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  await call('POST', 'machines', { body: { Name: 'm1' } })
  for (const value of ['"x"', '70000', '-1', '1.5', 'null', '[]', 'true', '""']) {
    const answer = await call('POST', 'machines/Name:m1/params/demo/port', { body: value })
    t.match([answer.status, answer.body], [400, { Type: 'PARAM_INVALID', Messages: [/demo\/port/] }], value)
  }
  const body = { Name: 'm2', Params: { 'demo/port': 'x' } }
  t.equal((await call('POST', 'machines', { body })).status, 400)
  t.equal((await call('POST', 'profiles', { body })).status, 400)
  t.equal((await call('POST', 'machines/Name:m1/params/demo/port', { body: '"623"' })).body, 623, 'text for a number')
})

test('secure params are sealed on disk and in answers, and decrypted for decode, config and actions', async (t) => {
  const { call, stateDir, logged } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  const secret = 'correct horse battery'
  await call('POST', 'machines', { body: { Name: 'm1', Params: { 'demo/password': secret } } })
  await call('POST', 'plugins/demo/params/demo/password', { body: JSON.stringify(secret) })
  for (const path of [
    'machines',
    'machines?aggregate=true',
    'machines/Name:m1',
    'machines/Name:m1/params',
    'plugins',
  ]) {
    const { text } = await call('GET', path)
    t.notOk(text.includes(secret), path)
    t.match(text, /"Nonce"/)
  }
  t.equal((await call('GET', 'machines/Name:m1/params/demo/password?decode=true')).body, secret)
  t.equal((await call('GET', 'machines?decode=true')).body[0].Params['demo/password'], secret)
  const { action, configured } = (await call('POST', 'machines/Name:m1/actions/poweron')).body
  t.equal(action.Params['demo/password'], secret)
  t.equal(configured['demo/password'], secret)
  t.notOk(readFileSync(join(stateDir, 'store/journal-0')).includes(secret))
  t.notOk(JSON.stringify(logged).includes(secret))
  const machine = (await call('GET', 'machines/Name:m1')).body
  t.equal((await call('PUT', 'machines/Name:m1', { body: machine })).status, 200, 'a sealed value may be sent back')
  t.equal((await call('GET', 'machines/Name:m1/params/demo/password?decode=true')).body, secret)
  const foreign = { Key: 'AAAA', Nonce: 'AAAA', Payload: 'AAAA' }
  const refused = await call('POST', 'machines/Name:m1/params/demo/password', { body: foreign })
  t.match([refused.status, refused.body.Messages], [400, [/demo\/password/]])
  const wrong = await call('POST', 'machines/Name:m1/params/demo/password', { body: '12345678901' })
  t.equal(wrong.status, 400)
  t.notOk(wrong.text.includes('12345678901'))
})

test('a secret that was stored before its definition was known is sealed at the next start', async (t) => {
  const first = await startTestEndpoint(t)
  await first.call('POST', 'machines', { body: { Name: 'm1', Params: { 'demo/password': 'in the clear' } } })
  await first.stop()
  const second = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder), { stateDir: first.stateDir })
  t.notOk((await second.call('GET', 'machines')).text.includes('in the clear'))
  t.equal((await second.call('GET', 'machines/Name:m1/params/demo/password?decode=true')).body, 'in the clear')
})

test('params that plugins and the bundle powerbus define are listed, and found by name', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  const { body } = await call('GET', 'params')
  t.same(
    body.map(({ Name }: { Name: string }) => Name),
    ['demo/address', 'demo/password', 'demo/port', ...Object.keys(sharedBundle().sections.params).sort()],
  )
  t.match((await call('GET', 'params/demo/password')).body, { Name: 'demo/password', Secure: true })
  t.equal((await call('GET', 'params/demo/none')).status, 404)
})
