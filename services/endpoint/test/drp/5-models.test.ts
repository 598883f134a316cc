import { type JsonObject, models } from '@powerbus/drp'
import tap, { type Test, test } from 'tap'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'

// Each test is one row of the table of models that drpcli 4.8 and the Go client need. One endpoint serves them all.
const { call, endpoint } = await startCheckedEndpoint(tap, (folder) => writeFixturePlugin(folder))
const seen = collectEvents(endpoint)

type Written = Exclude<keyof typeof models, 'plugin_providers' | 'interfaces' | 'roles' | 'users' | 'preferences'>

/** What the endpoint sets, whatever a client sends. */
const untrue = {
  Validated: false,
  Available: false,
  Errors: ['mine'],
  ReadOnly: true,
  Bundle: 'mine',
  Endpoint: 'mine',
}
const common = { Validated: true, Available: true, ReadOnly: false, Bundle: '', Endpoint: '' }

/** Fields with their values in an object that was made of its key alone, as Go's client marshals it: null for nil. */
const empty: Readonly<Record<Written, JsonObject>> = {
  machines: {
    ...{ Partial: false, Name: 'it', Description: '', CurrentJob: '', Address: '', Stage: 'none', BootEnv: 'local' },
    ...{ Profiles: [], Params: {}, Tasks: [], CurrentTask: 0, RetryTaskAttempt: 0, TaskErrorStacks: [] },
    ...{ Runnable: true, Secret: '', OS: '', HardwareAddrs: [], Workflow: '', Arch: 'amd64', Locked: false },
    ...{ Context: '', Pool: '', PoolAllocated: false, PoolStatus: '', WorkflowComplete: false },
    Fingerprint: { SSNHash: '', CSNHash: '', CloudInstanceID: '', SystemUUID: '', MemoryIds: [] },
  },
  profiles: { Partial: false, Name: 'it', Description: '', Documentation: '', Params: {}, Profiles: [] },
  params: { Name: 'it/it', Description: '', Documentation: '', Secure: false, Schema: null },
  plugins: {
    ...{ Partial: false, Name: 'it', Description: '', Documentation: '', Params: {}, Provider: '', PluginErrors: [] },
  },
  stages: {
    ...{ Partial: false, Name: 'it', Description: '', Documentation: '', Templates: [], RequiredParams: [] },
    ...{ OptionalParams: [], Params: {}, BootEnv: '', Tasks: [], Profiles: [], Reboot: false, RunnerWait: false },
  },
  tasks: {
    ...{ Name: 'it', Description: '', Documentation: '', Templates: [], RequiredParams: [], OptionalParams: [] },
    Prerequisites: [],
  },
  templates: { ID: 'it', Description: '', Contents: '' },
  workflows: { Name: 'it', Description: '', Documentation: '', Stages: [] },
  bootenvs: {
    ...{ Name: 'it', Description: '', Documentation: '', Templates: [], Kernel: '', Initrds: [], BootParams: '' },
    ...{ RequiredParams: [], OptionalParams: [], OnlyUnknown: false, Loaders: {} },
    OS: {
      ...{ Name: '', Family: '', Codename: '', Version: '', IsoFile: '', IsoSha256: '', IsoUrl: '' },
      SupportedArchitectures: {},
    },
  },
  contexts: { Name: 'it', Description: '', Documentation: '', Image: '', Engine: '' },
  alerts: {
    ...{ Name: 'it', Level: 'Error', Contents: '', Note: '', Params: {}, Principal: 'user:powerbus', Count: 1 },
    Acknowledged: false,
    ...{ AcknowledgeTime: '0001-01-01T00:00:00Z', AcknowledgeUser: '' },
  },
}

for (const prefix of Object.keys(empty) as Written[]) {
  const { key } = models[prefix]
  const Uuid = '5c0ffee5-0000-4000-8000-000000000000'
  const keyed = key === 'Uuid' ? { Uuid } : {}
  const expected: JsonObject = { ...common, Errors: [], Meta: {}, ...empty[prefix], ...keyed }
  const check = (t: Test, object: JsonObject, change: JsonObject, step: string) => {
    // A plugin object without a provider is not available, and says so.
    const state = prefix === 'plugins' ? { Available: object.Available, Errors: object.Errors } : {}
    t.same(object, { ...expected, ...state, ...change }, step)
    t.same(Object.keys(object).sort(), Object.keys(expected).sort(), step)
  }

  test(`${prefix}: all fields are in every answer and event, empty as in Go, and computed ones are the endpoint's`, async (t) => {
    const nulls = Object.fromEntries(Object.keys(expected).map((name) => [name, null]))
    const named = Object.fromEntries(Object.entries(expected).filter(([name]) => ['Name', 'ID', 'Uuid'].includes(name)))
    const made = await call('POST', prefix, { body: { ...nulls, ...untrue, ...named } })
    t.equal(made.status, 201, made.text)
    check(t, made.body, {}, 'POST')
    const path = `${prefix}/${expected[key]}`
    check(t, (await call('GET', path)).body, {}, 'GET')
    const listed = (await call('GET', prefix)).body.find((object: JsonObject) => object[key] === expected[key])
    check(t, listed, {}, 'GET of all')
    const Meta = { colour: 'red' }
    check(t, (await call('PUT', path, { body: { ...made.body, ...untrue, Meta } })).body, { Meta }, 'PUT')
    const ops = [
      { op: 'test', path: '/Meta', from: '', value: Meta },
      { op: 'replace', path: '/Meta', from: '', value: {} },
    ]
    const patched = await call('PATCH', path, { body: ops })
    t.equal(patched.status, 200, patched.text)
    check(t, patched.body, {}, 'PATCH')
    check(t, (await call('DELETE', path)).body, {}, 'DELETE')
    for (const action of ['create', 'update', 'delete']) {
      const isIt = ({ Type, Action, Key }: { Type: string; Action: string; Key: string }) =>
        Type === prefix && Action === action && Key === expected[key]
      const event = await seen.find(`${prefix}.${action}`, isIt)
      t.same(Object.keys(event.Object as object).sort(), Object.keys(expected).sort(), `event ${action}`)
    }
    t.equal((await call('GET', path)).status, 404)
  })

  test(`${prefix}: a client's test of any field with the zero value that it holds passes`, async (t) => {
    const named = Object.fromEntries(Object.entries(expected).filter(([name]) => ['Name', 'ID', 'Uuid'].includes(name)))
    const made = await call('POST', prefix, { body: named })
    const path = `${prefix}/${expected[key]}`
    for (const [name, value] of Object.entries(made.body)) {
      const patch = [{ op: 'test', path: `/${name}`, from: '', value }]
      t.equal((await call('PATCH', path, { body: patch })).status, 200, name)
    }
    const whole = (await call('GET', path)).body
    const paranoid = [{ op: 'test', path: '', from: '', value: whole }]
    t.equal((await call('PATCH', path, { body: paranoid })).status, 200, 'the whole object')
    t.equal((await call('PATCH', path, { body: [] })).status, 200, 'an empty patch')
    const stale = [{ op: 'test', path: '/Meta', from: '', value: { a: 'b' } }]
    t.equal((await call('PATCH', path, { body: stale })).status, 409)
    const computed = [
      { op: 'test', path: '/ReadOnly', from: '', value: false },
      { op: 'replace', path: '/ReadOnly', from: '', value: true },
      { op: 'replace', path: '/Errors', from: '', value: ['mine'] },
      { op: 'replace', path: '/Bundle', from: '', value: 'mine' },
    ]
    const ignored = await call('PATCH', path, { body: computed })
    t.match([ignored.status, ignored.body], [200, { ReadOnly: false, Bundle: '' }], 'computed fields stay')
    const rekeyed = await call('PUT', path, {
      body: { ...whole, [key]: key === 'Uuid' ? Uuid.replace('5c', '6c') : 'other' },
    })
    t.match([rekeyed.status, rekeyed.body.Code, rekeyed.body.Model], [422, 422, prefix], 'a key never changes')
    t.equal((await call('DELETE', path)).status, 200)
  })
}

test('plugin_providers have the fields of their manifests', async (t) => {
  const { body } = await call('GET', 'plugin_providers/demo')
  for (const name of Object.keys(models.plugin_providers.fields)) t.ok(Object.hasOwn(body, name), name)
})

test('on create of a machine the server sets Uuid, Runnable, Stage, BootEnv and Tasks, and marks what is unknown', async (t) => {
  const sent = { Name: 'new', Runnable: false, Available: false, Validated: false, Tasks: null, Uuid: null, Stage: '' }
  const { body } = await call('POST', 'machines', { body: sent })
  t.match(body, { Runnable: true, Available: true, Validated: true, Stage: 'none', BootEnv: 'local' })
  t.same(body.Tasks, [])
  t.match(body.Uuid, /^[0-9a-f-]{36}$/)
  await call('POST', 'stages', { body: { Name: 'discover' } })
  const patch = (value: unknown, field: string) =>
    call('PATCH', `machines/${body.Uuid}`, { body: [{ op: 'replace', path: `/${field}`, from: '', value }] })
  for (const [field, value, problem] of [
    ['Stage', 'nowhere', 'Stage nowhere does not exist'],
    ['BootEnv', 'nowhere', 'BootEnv nowhere does not exist'],
    ['Tasks', ['nothing'], 'Task nothing (at 0) does not exist'],
    ['Tasks', ['stage:discover', 'stage:nowhere'], 'Stage nowhere (at 1) does not exist'],
  ] as const) {
    const marked = await patch(value, field)
    t.equal(marked.status, 200, problem)
    t.match(marked.body, { Available: false, Validated: true, Runnable: true }, problem)
    t.same(marked.body.Errors, [problem])
    t.match((await patch(field === 'Tasks' ? [] : body[field], field)).body, { Available: true, Errors: { length: 0 } })
  }
  for (const [field, value] of [
    ['Workflow', 'nothing'],
    ['Profiles', ['nobody']],
  ] as const) {
    const refused = await patch(value, field)
    t.match([refused.status, refused.body], [422, { Model: 'machines', Messages: [/does not exist/] }], field)
  }
})

test('machines: a Locked one takes no change of a client but its unlocking', async (t) => {
  const { body } = await call('POST', 'machines', { body: { Name: 'vault', Locked: true, Params: { 'any/x': 1 } } })
  const path = `machines/${body.Uuid}`
  const replace = (field: string, value: unknown) => [{ op: 'replace', path: `/${field}`, from: '', value }]
  const { Locked, ...without } = body
  const changes: [string, string, unknown][] = [
    ['PATCH', path, replace('Description', 'other')],
    ['PATCH', path, [{ op: 'remove', path: '/Locked', from: '' }]],
    ['PUT', path, { ...body, Name: 'open' }],
    ['PUT', path, without],
    ['DELETE', path, undefined],
    ['POST', `${path}/params/any/x`, '2'],
    ['DELETE', `${path}/params/any/x`, undefined],
    ['POST', `${path}/params`, {}],
    ['PATCH', `${path}/params`, replace('any~1x', 2)],
    ['PATCH', `meta/${path}`, [{ op: 'add', path: '/icon', from: '', value: 'x' }]],
  ]
  for (const [method, place, sent] of changes) {
    const { status, body: refused } = await call(method, place, sent === undefined ? {} : { body: sent })
    t.match(
      [status, refused],
      [409, { Model: /machines|meta/, Messages: [/^machines vault is locked/] }],
      `${method} ${place}`,
    )
  }
  t.same((await call('GET', path)).body, body)
  t.equal((await call('PATCH', path, { body: [] })).status, 200, 'no change is none')
  t.equal(Locked, true)
  t.equal((await call('PATCH', path, { body: replace('Locked', false) })).status, 200)
  t.equal((await call('PATCH', path, { body: replace('Description', 'other') })).status, 200)
  t.equal((await call('DELETE', path)).status, 200)
})

test('Errors follow the objects that are named and the definitions of params', async (t) => {
  const machine = { Name: 'follower', Stage: 'late', Params: { 'late/level': 'high' } }
  await call('POST', 'machines', { body: machine })
  const state = async () => {
    const { Available, Errors } = (await call('GET', 'machines/Name:follower')).body
    return [Available, ...Errors]
  }
  t.same(await state(), [false, 'Stage late does not exist'])
  await call('POST', 'stages', { body: { Name: 'late' } })
  t.same(await state(), [true])
  const used = await call('DELETE', 'stages/late')
  t.match([used.status, used.body.Messages], [409, [/in use by machines follower/]])
  const definition = { Name: 'late/level', Schema: { type: 'integer' } }
  t.equal((await call('POST', 'params', { body: definition })).status, 201)
  t.match(await state(), [false, /late\/level must be integer/])
  await call('PATCH', 'params/late/level', { body: [{ op: 'replace', path: '/Schema', from: '', value: null }] })
  t.same(await state(), [true])
})
