import tap, { test } from 'tap'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'

const secret = 'correct horse'
const { call, endpoint } = await startCheckedEndpoint(tap, (folder) => {
  const bundle = {
    stages: { racked: { Name: 'racked', Tasks: ['count', 'nothing'], Profiles: ['rack'], Params: { shelf: 3 } } },
    tasks: { count: { Name: 'count', Templates: [{ Name: 'x', ID: 'count.sh' }] } },
    templates: { 'count.sh': { ID: 'count.sh', Contents: 'echo 1' } },
    workflows: { racking: { Name: 'racking', Stages: ['racked'] } },
    profiles: { rack: { Name: 'rack', Params: { height: 42, 'demo/password': secret } } },
    bootenvs: { 'rack-boot': { Name: 'rack-boot' } },
  }
  writeFixturePlugin(folder, { sections: bundle })
  writeFixturePlugin(folder, { name: 'taker', params: { 'demo/port': { Name: 'demo/port' } }, actions: [] })
})

test('what a bundle has is listed beside what clients made, read-only and with its Bundle', async (t) => {
  for (const [prefix, key] of [
    ['stages', 'racked'],
    ['tasks', 'count'],
    ['templates', 'count.sh'],
    ['workflows', 'racking'],
    ['profiles', 'rack'],
    ['bootenvs', 'rack-boot'],
    ['params', 'demo/port'],
  ] as const) {
    const { body } = await call('GET', `${prefix}/${key}`)
    t.match(body, { ReadOnly: true, Bundle: 'demo', Validated: true }, `${prefix}/${key}`)
    t.same(
      (await call('GET', `${prefix}?ReadOnly=true`)).body.filter(
        (one: object) => JSON.stringify(one) === JSON.stringify(body),
      ).length,
      1,
    )
    const Meta = { colour: 'red' }
    for (const [method, body] of [
      ['PATCH', [{ op: 'replace', path: '/Meta', from: '', value: Meta }]],
      ['PUT', { Meta }],
      ['DELETE', undefined],
    ] as const) {
      const refused = await call(method, `${prefix}/${key}`, { body })
      t.match(
        [refused.status, refused.body],
        [409, { Type: 'OBJECT_CONFLICT', Messages: [/demo/] }],
        `${method} ${prefix}`,
      )
    }
    const key2 = prefix === 'templates' ? 'ID' : 'Name'
    t.equal((await call('POST', prefix, { body: { [key2]: key } })).status, 409, `POST ${prefix}`)
  }
  t.match((await call('GET', 'stages/racked')).body, {
    Available: false,
    Errors: [/Task nothing \(at 1\) does not exist/],
  })
  t.match((await call('GET', 'workflows/racking')).body, { Available: true })
  t.match((await call('GET', 'bootenvs')).body, [{ Name: 'ignore', Bundle: 'BasicStore' }, { Name: 'local' }, {}])
})

test("a bundle's secret is sealed, and its params reach the machines that name its profile or its stage", async (t) => {
  t.notMatch((await call('GET', 'profiles')).text, secret)
  await call('POST', 'machines', { body: { Name: 'm', Stage: 'racked' } })
  const params = (await call('GET', 'machines/Name:m/params?aggregate=true&decode=true')).body
  t.match(params, { shelf: 3, height: 42, 'demo/password': secret, 'demo/address': 'nowhere' })
})

test('a provider whose bundle has a key of another one is refused in the words of DRP', async (t) => {
  const { body } = await call('GET', 'plugin_providers/taker')
  t.match(body, { Available: false })
  const text = 'New layer violates key restrictions: keysCannotBeOverridden: demo/port is already in layer '
  t.ok(body.Errors[0].includes(text), body.Errors[0])
  t.match(body.Errors[0], /comes from demo/)
})

test('profiles have profiles of their own: own over the first one over the next one, over global and defaults', async (t) => {
  const profile = async (Name: string, Params: object, Profiles: readonly string[] = []) => {
    const made = await call('POST', 'profiles', { body: { Name, Params, Profiles } })
    t.equal(made.status, 201, made.text)
  }
  await profile('deep', { pa: 'deep', pb: 'deep', pc: 'deep', pd: 'deep' })
  await profile('first', { pa: 'first', pb: 'first' }, ['deep'])
  await profile('second', { pa: 'second', pc: 'second', pd: 'second', pe: 'second' })
  await call('POST', 'stages', { body: { Name: 'staged', Params: { pe: 'stage', pf: 'stage' }, Profiles: ['second'] } })
  for (const name of ['pe', 'pf', 'pg']) await call('POST', `profiles/global/params/${name}`, { body: '"global"' })
  const machine = { Name: 'mixed', Stage: 'staged', Profiles: ['first', 'second'], Params: { pa: 'own' } }
  await call('POST', 'machines', { body: machine })
  const mixed = (await call('GET', 'machines/Name:mixed/params?aggregate=true')).body
  t.match(mixed, { pa: 'own', pb: 'first', pc: 'deep', pd: 'deep', pe: 'second', pf: 'stage', pg: 'global' })
  t.equal((await call('GET', 'machines/Name:mixed/params/pc?aggregate=true')).body, 'deep', 'one param too')
  await call('POST', 'profiles/deep/params/pc', { body: '"new"' })
  t.equal((await call('GET', 'machines/Name:mixed/params/pc?aggregate=true')).body, 'new', 'a change shows at once')

  for (const [name, Profiles] of [
    ['deep', ['first']],
    ['deep', ['deep']],
  ] as const) {
    const patch = [{ op: 'replace', path: '/Profiles', from: '', value: Profiles }]
    const refused = await call('PATCH', `profiles/${name}`, { body: patch })
    t.match(
      [refused.status, refused.body],
      [422, { Type: 'ValidationError', Reason: 'OBJECT_INVALID', Messages: [/circle: deep/] }],
    )
  }
  const used = await call('DELETE', 'profiles/deep')
  t.match([used.status, used.body.Messages], [409, [/in use by profiles first/]])
})

test('a definition that a client makes secure seals what is there, and goes only when nothing is sealed', async (t) => {
  const seen = collectEvents(endpoint)
  await call('POST', 'machines', { body: { Name: 'keeper', Params: { 'my/word': secret } } })
  await call('POST', 'profiles', { body: { Name: 'keeping', Params: { 'my/word': secret } } })
  t.match((await call('GET', 'machines/Name:keeper')).text, secret, 'nobody has said that it is a secret')
  const made = await call('POST', 'params', { body: { Name: 'my/word', Secure: true, Schema: { type: 'string' } } })
  t.equal(made.status, 201, made.text)
  for (const path of ['machines/Name:keeper', 'profiles/keeping']) {
    t.notMatch((await call('GET', path)).text, secret, path)
    t.match((await call('GET', `${path}/params/my/word`)).body, { Payload: String })
    t.equal((await call('GET', `${path}/params/my/word?decode=true`)).body, secret)
  }
  await seen.find('the sealing', ({ Type, Action }) => Type === 'machines' && Action === 'save')
  const plain = [{ op: 'replace', path: '/Secure', from: '', value: false }]
  t.match((await call('PATCH', 'params/my/word', { body: plain })).body, {
    Code: 409,
    Messages: [/machines keeper|profiles keeping/],
  })
  t.match((await call('DELETE', 'params/my/word')).body, { Code: 409 })
  t.equal((await call('DELETE', 'machines/Name:keeper/params/my/word')).status, 200)
  t.equal((await call('DELETE', 'profiles/keeping')).status, 200)
  t.equal((await call('DELETE', 'params/my/word')).status, 200)
})

test('a definition that contradicts itself is refused, and a plain one that is in use may go', async (t) => {
  for (const [Schema, problem] of [
    [{ type: 'nothing' }, /schema is not valid/],
    [{ type: 'integer', default: 'x' }, /default must be integer/],
  ] as const) {
    const refused = await call('POST', 'params', { body: { Name: 'my/level', Schema } })
    t.match([refused.status, refused.body.Messages], [422, [problem]])
  }
  t.equal((await call('POST', 'params', { body: { Name: '9/9' } })).status, 400)
  await call('POST', 'params', { body: { Name: 'my/level', Schema: { type: 'integer', default: 4 } } })
  await call('POST', 'machines', { body: { Name: 'user', Params: { 'my/level': 5 } } })
  t.match((await call('GET', 'machines/Name:m/params?aggregate=true')).body, { 'my/level': 4 })
  t.equal((await call('POST', 'machines/Name:user/params/my/level', { body: '"high"' })).status, 400)
  t.equal((await call('DELETE', 'params/my/level')).status, 200)
  t.equal((await call('POST', 'machines/Name:user/params/my/level', { body: '"high"' })).status, 200)
})
