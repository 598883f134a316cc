import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitUntil } from '@powerbus/testkit'
import tap, { test } from 'tap'
import nacl from 'tweetnacl'
import { WebSocket } from 'ws'
import { checkedCall } from '../fixtures/described-answers.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { readOperatorFile } from '../fixtures/read-operator-file.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'
import { basic } from '../fixtures/tokens.ts'

// One operator's way through the API, each request as drpcli 4.8 sends it; every answer is compared with /swagger.json.
const EXAMPLE = join(import.meta.dirname, '../../../../docs/examples/wake-on-lan')
const HEADERS = { accept: 'application/json', 'cache-control': 'no-store' }
const running = await startTestEndpoint(tap, (folder) => writeFixturePlugin(folder))
const call = await checkedCall(running)
const operator = await readOperatorFile(running.stateDir)

let token = ''
let uuid = ''

/** A request with drpcli's headers. */
async function drpcli(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  return await call(method, path, { token, headers: { ...HEADERS, ...headers }, ...sent })
}

/** As the Go client builds a patch: a test of the value that it has read, then the replacement, `from` with both. */
function replacing(field: string, was: unknown, value: unknown) {
  const path = `/${field}`
  return [
    { from: '', op: 'test', path, value: was },
    { from: '', op: 'replace', path, value },
  ]
}

/** Events of a stream that has registered the patterns. */
async function follow(...patterns: readonly string[]) {
  const url = `${running.endpoint.url.replace('https', 'wss')}/api/v3/ws`
  const socket = new WebSocket(url, { ca: operator?.certificate, headers: { authorization: `Bearer ${token}` } })
  tap.teardown(() => socket.terminate())
  const events: { Type: string; Action: string; Key: string }[] = []
  socket.on('message', (data) => events.push(JSON.parse(String(data))))
  await new Promise((resolve) => socket.once('open', resolve))
  for (const [at, pattern] of patterns.entries()) {
    socket.send(`register ${pattern}`)
    await waitUntil(`${pattern} is acknowledged`, () => events.filter(({ Type }) => Type === 'websocket').length > at)
  }
  return events
}

test('login: Basic for a token, then Bearer for one that lives longer', async (t) => {
  const first = await call('GET', 'users/powerbus/token', {
    token: '',
    headers: { ...HEADERS, ...basic('powerbus', running.endpoint.loginCode) },
  })
  t.match(first, { status: 200, headers: { 'content-type': /^application\/json/ }, body: { Token: String, Info: {} } })
  token = first.body.Token
  const second = await drpcli('GET', 'users/powerbus/token?ttl=7200')
  t.equal(second.status, 200)
  token = second.body.Token
  t.match((await drpcli('GET', 'info')).body, { features: Array, version: String })
})

/** What Go's encoder makes of a machine with a name and nothing else. */
const newMachine = {
  Validated: false,
  Available: false,
  Errors: null,
  ReadOnly: false,
  Meta: null,
  Endpoint: '',
  Bundle: '',
  Partial: false,
  Name: 'walker',
  Description: '',
  Uuid: '',
  CurrentJob: '',
  Address: '',
  Stage: '',
  BootEnv: '',
  Profiles: null,
  Params: null,
  Tasks: null,
  CurrentTask: 0,
  RetryTaskAttempt: 0,
  TaskErrorStacks: null,
  Runnable: false,
  Secret: '',
  OS: '',
  HardwareAddrs: null,
  Workflow: '',
  Arch: '',
  Locked: false,
  Context: '',
  Fingerprint: { SSNHash: null, CSNHash: null, CloudInstanceID: '', SystemUUID: '', MemoryIds: null },
  Pool: '',
  PoolAllocated: false,
  PoolStatus: '',
  WorkflowComplete: false,
}

test('create: the server fills in what it computes', async (t) => {
  const made = await drpcli('POST', 'machines', newMachine)
  t.match(made, { status: 201, headers: { 'content-type': /^application\/json/ } })
  t.match(made.body, { Name: 'walker', Uuid: /^[0-9a-f-]{36}$/, Validated: true, Available: true, Runnable: true })
  t.same(
    Object.keys(newMachine).filter((field) => made.body[field] === undefined),
    [],
    'every field of the model',
  )
  const { Errors, Profiles, Params, Meta, Tasks, HardwareAddrs, Arch } = made.body
  t.same([Errors, Profiles, Params, Meta, Tasks, HardwareAddrs, Arch], [[], [], {}, {}, [], [], 'amd64'])
  uuid = made.body.Uuid
})

const changes: Readonly<Record<string, unknown>> = {
  Name: 'walker-1',
  Description: 'on its way',
  Address: '10.9.8.7',
  OS: 'linux',
  HardwareAddrs: ['02:00:00:00:0a:01'],
  Arch: 'arm64',
  Meta: { feature: 'walk' },
  Pool: 'east',
  PoolStatus: 'Free',
  Context: '',
  Tasks: [],
  // From here on nothing else can be changed.
  Locked: true,
}

test('update each field: GET, then a PATCH that tests what was read', async (t) => {
  for (const [field, value] of Object.entries(changes)) {
    const { body: was } = await drpcli('GET', `machines/${uuid}`)
    const changed = await drpcli('PATCH', `machines/${uuid}`, replacing(field, was[field], value))
    t.equal(changed.status, 200, `${field}: ${changed.text}`)
    t.same(changed.body[field], value, field)
    const again = await drpcli('PATCH', `machines/${uuid}`, replacing(field, was[field], value))
    if (JSON.stringify(was[field]) !== JSON.stringify(value)) t.equal(again.status, 409, `${field}: the test fails now`)
  }
  t.equal((await drpcli('PATCH', `machines/${uuid}`, [])).status, 200, 'an empty patch')
  const { body: whole } = await drpcli('GET', `machines/${uuid}`)
  const paranoid = [{ from: '', op: 'test', path: '', value: whole }, ...replacing('Locked', true, false)]
  t.match(await drpcli('PATCH', `machines/${uuid}`, paranoid), { status: 200, body: { Locked: false } })
})

test('addprofile: a profile is made and put on the machine', async (t) => {
  const Params = { 'demo/port': 7 }
  t.equal((await drpcli('POST', 'profiles', { Name: 'walkers', Params, Profiles: null, Meta: null })).status, 201)
  const added = await drpcli('PATCH', `machines/${uuid}`, replacing('Profiles', [], ['walkers']))
  t.match(added, { status: 200, body: { Profiles: ['walkers'] } })
  t.match((await drpcli('GET', `machines/${uuid}/params?aggregate=true`)).body, { 'demo/port': 7 })
})

test('set secure param: the client seals it with the public key', async (t) => {
  const name = 'demo/password'
  t.match((await drpcli('GET', `params/${name}`)).body, { Secure: true })
  t.match(await drpcli('GET', `machines/${uuid}/params/${name}`), { status: 200, text: 'null' })
  const theirs = Buffer.from((await drpcli('GET', `machines/${uuid}/pubkey`)).body, 'base64')
  const ours = nacl.box.keyPair()
  const nonce = randomBytes(nacl.box.nonceLength)
  const sealed = nacl.box(Buffer.from(JSON.stringify('hush')), nonce, theirs, ours.secretKey)
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  const value = { Key: text(ours.publicKey), Nonce: text(nonce), Payload: text(sealed) }
  t.equal((await drpcli('POST', `machines/${uuid}/params/${name}`, value)).status, 200)
  t.match((await drpcli('GET', `machines/${uuid}/params/${name}`)).body, { Payload: String })
  t.equal((await drpcli('GET', `machines/${uuid}/params/${name}?decode=true`)).body, 'hush')
})

test('filters and count', async (t) => {
  await drpcli('POST', 'machines', { ...newMachine, Name: 'other' })
  const names = async (query: string) => {
    const { status, body, text } = await drpcli('GET', `machines?${query}`)
    t.equal(status, 200, `${query}: ${text}`)
    return body.map(({ Name }: { Name: string }) => Name)
  }
  const one = ['walker-1']
  t.same(await names('Name=walker-1'), one)
  t.same(await names('Name=Eq(walker-1)&OS=linux'), one)
  t.same(await names('HardwareAddrs=02:00:00:00:0a:01'), one)
  t.same(await names('Meta.feature=walk'), one)
  t.same(await names('Address=Between(10.9.8.0,10.9.8.255)'), one)
  t.same(await names('demo/port=Eq(7)&aggregate=true'), one)
  t.same(await names('Name=other&Name=walker-1&sort=Name&reverse=true'), ['walker-1', 'other'])
  t.same(await names('Name=In(other,walker-1)&sort=Name&offset=1&limit=1'), one)
  t.equal((await drpcli('GET', 'machines?NoSuchIndex=1')).status, 406)
  const counted = await drpcli('HEAD', 'machines?Name=walker-1')
  t.match(counted, { status: 200, headers: { 'x-drp-list-total-count': '2', 'x-drp-list-filter-count': '1' } })
})

test('wait and events: the stream tells of a change, and of an event that was posted', async (t) => {
  const events = await follow(`machines.update.${uuid}`, `machines.save.${uuid}`, 'walks.*.*')
  await drpcli('PATCH', `machines/${uuid}`, replacing('Description', 'on its way', 'there'))
  await waitUntil('the change arrives', () => events.some(({ Action, Key }) => Action === 'update' && Key === uuid))
  t.equal((await drpcli('GET', `machines/${uuid}`)).body.Description, 'there')
  const event = { Time: new Date().toISOString(), Type: 'walks', Action: 'end', Key: 'w', Principal: '', Object: null }
  const posted = await drpcli('POST', 'events', { ...event, Original: null })
  t.match(posted, { status: 204, headers: { 'content-type': /^application\/json/ } })
  await waitUntil('the posted event arrives', () => events.some(({ Type, Key }) => Type === 'walks' && Key === 'w'))
})

test('actions with --plugin: the one that is named acts', async (t) => {
  await drpcli('PATCH', `machines/${uuid}/params`, [{ from: '', op: 'add', path: '/demo~1address', value: 'here' }])
  await drpcli('POST', 'plugins', { Name: 'second', Provider: 'demo', Params: null, Meta: null })
  for (const plugin of ['demo', 'second']) {
    await waitUntil(`${plugin} runs`, async () => (await drpcli('GET', `plugins/${plugin}`)).body.Available)
    const listed = await drpcli('GET', `machines/${uuid}/actions?plugin=${plugin}`)
    t.match(listed.body, [{ Provider: 'demo', Model: 'machines', Command: 'poweron' }])
    const ran = await drpcli('POST', `machines/${uuid}/actions/poweron?plugin=${plugin}`, {})
    t.match(ran, {
      status: 200,
      body: { action: { Plugin: plugin, CommandSet: 'machines', Params: { 'demo/port': 7 } } },
    })
  }
  t.equal((await drpcli('POST', `machines/${uuid}/actions/poweron?plugin=nobody`, {})).status, 404)
})

test('upload of a provider, in another language: it runs at once, and can be downloaded', async (t) => {
  const program = readFileSync(EXAMPLE, 'utf8')
  const sent = { token, headers: { ...HEADERS, 'content-type': 'application/octet-stream' }, body: program }
  const uploaded = await call('POST', 'plugin_providers/wake-on-lan', sent)
  t.match(uploaded, { status: 201, body: { path: 'wake-on-lan', size: program.length } })
  t.match((await drpcli('GET', 'plugin_providers/wake-on-lan')).body, { Version: 'v1.0.0', PluginVersion: 4 })
  t.match((await drpcli('GET', 'plugins/wake-on-lan')).body, { Available: true })
  t.match((await drpcli('GET', 'params/wake-on-lan/broadcast')).body, { ReadOnly: true, Bundle: 'wake-on-lan' })
  const listed = await drpcli('GET', `machines/${uuid}/actions?plugin=wake-on-lan`)
  t.match(listed.body, [{ Provider: 'wake-on-lan', Command: 'wake' }])
  const download = await call('GET', 'plugin_providers/wake-on-lan/binary', {
    token,
    headers: { ...HEADERS, accept: 'application/octet-stream' },
  })
  t.equal(download.text, program)
  t.match(await drpcli('DELETE', 'plugin_providers/wake-on-lan'), { status: 200, body: { Name: 'wake-on-lan' } })
  t.equal((await drpcli('GET', 'plugin_providers/wake-on-lan')).status, 404)
})

test('contents upload: the list, then a new bundle, or another in its place', async (t) => {
  const bundle = (version: string, stages: object) => ({
    meta: { Name: 'walk', Version: version, Type: 'dynamic' },
    sections: { stages, workflows: { walk: { Name: 'walk', Stages: ['walk'] } } },
  })
  const names = async () =>
    (await drpcli('GET', 'contents')).body.map(({ meta }: { meta: { Name: string } }) => meta.Name)
  t.notOk((await names()).includes('walk'))
  const made = await drpcli('POST', 'contents', bundle('v1.0.0', { walk: { Name: 'walk' } }))
  t.match(made, { status: 201, body: { meta: { Name: 'walk' }, Counts: { stages: 1, workflows: 1 } } })
  t.ok((await names()).includes('walk'))
  const stages = { walk: { Name: 'walk', Description: 'new' }, rest: { Name: 'rest' } }
  t.match(await drpcli('PUT', 'contents/walk', bundle('v1.1.0', stages)), {
    status: 200,
    body: { Counts: { stages: 2 } },
  })
  t.match((await drpcli('GET', 'stages/walk')).body, { Description: 'new', ReadOnly: true, Bundle: 'walk' })
  t.match(await drpcli('PATCH', `machines/${uuid}`, replacing('Workflow', '', 'walk')), { status: 200 })
  t.equal((await drpcli('GET', `machines/${uuid}`)).body.Workflow, 'walk')
  await drpcli('PATCH', `machines/${uuid}`, replacing('Workflow', 'walk', ''))
  const removed = await drpcli('DELETE', 'contents/walk')
  t.match(removed, { status: 204, headers: { 'content-type': /^application\/json/ } })
  t.equal((await drpcli('GET', 'stages/walk')).status, 404)
})

test('destroy: what was made is answered, and gone', async (t) => {
  for (const path of [`machines/${uuid}`, 'machines/Name:other', 'plugins/second', 'profiles/walkers']) {
    t.equal((await drpcli('DELETE', path)).status, 200, path)
    t.equal((await drpcli('GET', path)).status, 404)
  }
})
