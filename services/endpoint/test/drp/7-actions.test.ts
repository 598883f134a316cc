import tap, { test } from 'tap'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'

// Each test is one row of what drpcli 4.8 and the Go client need of actions. One endpoint serves them all.
const action = (Provider: string, Model: string, Command: string, more: object = {}) => {
  return { Provider, Model, Command, RequiredParams: [], OptionalParams: [], ...more }
}
const switching = { RequiredParams: ['lamp/address'], OptionalParams: ['lamp/colour', 'lamp/seconds'] }
const params = {
  'lamp/address': { Name: 'lamp/address', Schema: { type: 'string' } },
  'lamp/colour': { Name: 'lamp/colour', Schema: { type: 'string', default: 'white' } },
  'lamp/seconds': { Name: 'lamp/seconds', Schema: { type: 'integer' } },
}
const refusal = { Model: 'plugin', Key: 'x', Type: 'rpc', Messages: ['burnt out'], Code: 409, Reason: 'TARGET_STATE' }
const answering = `if (action.Command === 'fail') answer(409, ${JSON.stringify(refusal)})
  else answer(200, { ...action, by: configured.Name })`

const { call, endpoint } = await startCheckedEndpoint(tap, (folder) => {
  const lamp = [action('lamp', 'machines', 'poweroff', switching), action('lamp', '', 'survey')]
  const more = [action('lamp', 'system', 'authenticate'), action('lamp', 'profiles', 'fail')]
  writeFixturePlugin(folder, { name: 'lamp', params, actions: [...lamp, ...more], action: answering })
  const torch = [action('torch', 'machines', 'poweroff', switching), action('torch', 'plugins', 'refresh')]
  writeFixturePlugin(folder, { name: 'torch', params: {}, actions: torch, action: answering, autoStart: false })
  writeFixturePlugin(folder, {
    name: 'broken',
    params: {},
    actions: [action('broken', 'machines', 'poweroff')],
    config: 'answer(400, { Messages: ["no"], Code: 400 })',
  })
})
const commands = async (path: string) => {
  const { body } = await call('GET', path)
  return body.map(({ Provider, Command }: { Provider: string; Command: string }) => `${Provider} ${Command}`).sort()
}

test('GET P/KEY/actions lists those whose required params the object has, of running plugins', async (t) => {
  await call('POST', 'machines', { body: { Name: 'm1' } })
  t.same(await commands('machines/Name:m1/actions'), [], 'it lacks lamp/address')
  await call('POST', 'machines/Name:m1/params/lamp/address', { body: '"10.0.0.1"' })
  t.same(await commands('machines/Name:m1/actions'), ['lamp poweroff'], 'torch and broken do not run')
  for (const Name of ['torch-east', 'torch-west']) {
    await call('POST', 'plugins', { body: { Name, Provider: 'torch' } })
  }
  t.same(await commands('machines/Name:m1/actions'), ['lamp poweroff', 'torch poweroff'], 'once for two plugins of it')
})

test('GET P/KEY/actions?plugin=NAME lists those of that plugin', async (t) => {
  t.same(await commands('machines/Name:m1/actions?plugin=torch-west'), ['torch poweroff'])
  t.same(await commands('machines/Name:m1/actions?plugin=lamp'), ['lamp poweroff'])
  t.same(await commands('machines/Name:m1/actions?plugin=torch'), [], "a provider's name is not a plugin's")
  t.equal((await call('GET', 'machines/Name:m1/actions?plugin=lamp&plugin=torch-west')).status, 400)
})

test('GET P/KEY/actions/CMD[?plugin] answers one', async (t) => {
  const one = await call('GET', 'machines/Name:m1/actions/poweroff?plugin=torch-east')
  t.match([one.status, one.body], [200, action('torch', 'machines', 'poweroff', switching)])
  for (const path of ['dance', 'poweroff?plugin=torch', 'poweroff?plugin=nobody']) {
    const answer = await call('GET', `machines/Name:m1/actions/${path}`)
    t.match([answer.status, answer.body.Type], [404, 'ACTION_UNKNOWN'], path)
  }
})

test('POST P/KEY/actions/CMD?plugin acts through that plugin, or not at all', async (t) => {
  const off = async (query: string) => await call('POST', `machines/Name:m1/actions/poweroff${query}`, { body: {} })
  for (const plugin of ['lamp', 'torch-east', 'torch-west']) {
    t.match((await off(`?plugin=${plugin}`)).body, { Plugin: plugin, by: plugin })
  }
  for (const plugin of ['torch', 'nobody']) {
    const refused = await off(`?plugin=${plugin}`)
    t.match([refused.status, refused.body.Type], [404, 'ACTION_UNKNOWN'])
    t.match(refused.body.Messages[0], /lamp, torch-east, torch-west/, 'the answer names those that have it')
  }
  t.equal((await off('?plugin=broken')).status, 503, 'another one never takes the place of one that does not run')
  await call('POST', 'machines/Name:m1/params/machine-plugin', { body: '"torch-west"' })
  t.equal((await off('')).body.Plugin, 'torch-west')
  t.equal((await off('?plugin=lamp')).body.Plugin, 'lamp', 'the request wins over machine-plugin')
  await call('POST', 'machines/Name:m1/params/machine-plugin', { body: '"broken"' })
  t.equal((await off('')).status, 503)
  await call('POST', 'machines/Name:m1/params/machine-plugin', { body: '"gone"' })
  t.equal((await off('')).status, 409, 'a machine whose plugin is gone is not switched by any other')
  await call('DELETE', 'machines/Name:m1/params/machine-plugin')
})

test('POST P/KEY/actions/CMD answers the bare value of the plugin; an Error of it has Type INVOKE and its Code', async (t) => {
  const answer = await call('POST', 'machines/Name:m1/actions/poweroff?plugin=lamp', { body: { 'lamp/seconds': 5 } })
  t.match([answer.status, answer.body.Params], [200, { 'lamp/seconds': 5, 'lamp/address': '10.0.0.1' }])
  const failed = await call('POST', 'profiles/global/actions/fail', { body: {} })
  t.same([failed.status, failed.body], [409, { ...refusal, Type: 'INVOKE' }], 'its code stays in Reason')
})

test('a null in the params of an action is passed on as null; for an absent one the default is sent', async (t) => {
  const colour = async (body: object) => {
    return (await call('POST', 'machines/Name:m1/actions/poweroff?plugin=lamp', { body })).body.Params['lamp/colour']
  }
  t.equal(await colour({}), 'white')
  t.equal(await colour({ 'lamp/colour': null }), null)
  const missing = await call('POST', 'machines/Name:m1/actions/poweroff?plugin=lamp', {
    body: { 'lamp/address': null },
  })
  t.match([missing.status, missing.body.Type], [400, 'PARAM_MISSING'], 'a required param cannot be without a value')
})

test('system/actions have Model "" or system, and get the profile global', async (t) => {
  t.same(await commands('system/actions'), ['lamp authenticate', 'lamp survey'])
  for (const command of ['survey', 'authenticate']) {
    const { body } = await call('POST', `system/actions/${command}`, { body: { 'auth/username': 'ada' } })
    t.match(body, { Model: { Name: 'global' }, CommandSet: 'system', Params: { 'auth/username': 'ada' } })
  }
})

test('every kind with a key has actions', async (t) => {
  t.same(await commands('profiles/global/actions'), ['lamp fail'])
  t.same(await commands('plugins/torch-east/actions'), ['torch refresh'])
  t.same(await commands('plugins/lamp/actions'), [], 'those of its own provider only')
  t.match((await call('POST', 'plugins/torch-west/actions/refresh', { body: {} })).body, { Plugin: 'torch-west' })
})

test('jobs have plugin_actions, which are answered as jobs are: 501', async (t) => {
  for (const path of ['plugin_actions', 'plugin_actions/poweroff']) {
    t.equal((await call('GET', `jobs/4e4f4e45/${path}`)).status, 501, path)
  }
  t.equal((await call('POST', 'jobs/4e4f4e45/plugin_actions/poweroff', { body: {} })).status, 501)
})

test('the body to the plugin is {Model, Plugin, Command, CommandSet, Params}; CommandSet is the prefix', async (t) => {
  const { body } = await call('POST', 'machines/Name:m1/actions/poweroff?plugin=lamp', { body: {} })
  t.match(body, { Model: { Name: 'm1' }, Plugin: 'lamp', Command: 'poweroff', CommandSet: 'machines', Params: {} })
})

test('an event with the CommandSet, the command, the key and the Action is published before it runs', async (t) => {
  const seen = collectEvents(endpoint)
  const { Uuid } = (await call('GET', 'machines/Name:m1')).body
  await call('POST', 'machines/Name:m1/actions/poweroff?plugin=lamp', { body: {} })
  const start = await seen.find('the start', ({ Object: object }) => Object(object).Phase === 'start')
  t.match(start, { Type: 'machines', Action: 'poweroff', Key: Uuid })
  const shown = { Model: { Uuid }, Plugin: 'lamp', Command: 'poweroff', CommandSet: 'machines' }
  t.match(start.Object, { ...shown, Params: { 'lamp/address': '10.0.0.1' } })
  await call('POST', 'system/actions/survey', { body: {} })
  await seen.find('of the system', ({ Type, Action, Key }) => `${Type}.${Action}.${Key}` === 'system.survey.global')
})
