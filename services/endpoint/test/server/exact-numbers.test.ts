import { waitUntil } from '@powerbus/testkit'
import fc from 'fast-check'
import { type Test, test } from 'tap'
import { WebSocket } from 'ws'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { readOperatorFile } from '../fixtures/read-operator-file.ts'
import { type RunningEndpoint, startTestEndpoint } from '../fixtures/running-endpoint.ts'

/** JSON.parse would make 9007199254740992, 1e+21, 0, 1 and 0.1 of them. */
const NUMBERS = '[9007199254740993,1e21,-0,1.0,{"a":0.10}]'

/** Texts of the frames of an event stream that has registered for all events of machines. */
async function frames(t: Test, { endpoint, stateDir }: RunningEndpoint): Promise<readonly string[]> {
  const operator = await readOperatorFile(stateDir)
  const socket = new WebSocket(`${endpoint.url.replace('https', 'wss')}/api/v3/ws`, {
    ca: operator?.certificate,
    headers: { authorization: `Bearer ${operator?.token}` },
  })
  t.teardown(() => socket.terminate())
  const texts: string[] = []
  socket.on('message', (data) => texts.push(String(data)))
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send('register machines.*.*')
  await waitUntil('the registration', () => texts.length === 1)
  return texts
}

test('numbers that JavaScript cannot hold survive body, store, restart, patch, answers, events and actions', async (t) => {
  const prepare = (folder: string) => {
    const params = {
      'demo/password': { Name: 'demo/password', Secure: true, Schema: { type: 'string' } },
      'demo/address': { Name: 'demo/address', Schema: { type: 'string', default: 'nowhere' } },
      'demo/port': { Name: 'demo/port', Schema: { type: 'integer' } },
      'demo/secret': { Name: 'demo/secret', Secure: true, Schema: { type: 'array' } },
    }
    writeFixturePlugin(folder, { params, action: 'response.writeHead(200); response.end(text)' })
  }
  const first = await startTestEndpoint(t, prepare)
  const seen = await frames(t, first)
  const { call } = first
  const body = `{"Name":"m1","Extra":${NUMBERS},"Params":{"big":${NUMBERS},"demo/port":15.0}}`
  const made = await call('POST', 'machines', { body })
  t.equal(made.status, 201)
  t.ok(made.text.includes(`"Extra":${NUMBERS}`) && made.text.includes('"demo/port":15.0'), made.text)
  await waitUntil('the event', () => seen.some((text) => text.includes('"Action":"create"') && text.includes(NUMBERS)))

  await t.test('a patch tests them by their value, and keeps those that it does not name', async (t) => {
    const patch = (value: string) => {
      const operations = `[{"op":"test","path":"/Params/big","from":"","value":${value}},
        {"op":"replace","path":"/Description","from":"","value":"x"}]`
      return call('PATCH', 'machines/Name:m1', { body: operations })
    }
    t.equal((await patch(NUMBERS.replace('993', '992'))).status, 409)
    const same = await patch('[9007199254740993.0,1000000000000000000000,0,1,{"a":1e-1}]')
    t.equal(same.status, 200)
    t.ok(same.text.includes(`"Extra":${NUMBERS}`) && same.text.includes(`"big":${NUMBERS}`))
    const params = `[{"op":"test","path":"","from":"","value":{"demo/port":15,"big":${NUMBERS}}},
      {"op":"add","path":"/huge","from":"","value":123456789012345678901234567890}]`
    const patched = await call('PATCH', 'machines/Name:m1/params', { body: params })
    t.ok(patched.text.includes('123456789012345678901234567890'), patched.text)
    const changed = '[9007199254740994]'
    t.equal((await call('POST', 'machines/Name:m1/params/other', { body: NUMBERS })).text, NUMBERS)
    t.equal((await call('POST', 'machines/Name:m1/params/other', { body: changed })).text, changed)
    t.equal((await call('DELETE', 'machines/Name:m1/params/other')).text, changed)
  })

  await t.test('an action gets them, and its answer and event have them', async (t) => {
    await call('POST', 'machines/Name:m1/params/demo/password', { body: '"p"' })
    const answer = await call('POST', 'machines/Name:m1/actions/poweron', { body: `{"any":${NUMBERS}}` })
    for (const part of [`"any":${NUMBERS}`, `"big":${NUMBERS}`, '"demo/port":15.0'])
      t.ok(answer.text.includes(part), part)
    await waitUntil('its event', () => seen.some((text) => text.includes('"poweron"') && text.includes(NUMBERS)))
  })

  await t.test('a sealed value keeps them', async (t) => {
    const body = `{"Name":"p1","Params":{"demo/secret":${NUMBERS}}}`
    t.equal((await call('POST', 'profiles', { body })).status, 201)
    const sealed = await call('GET', 'profiles/p1/params/demo/secret')
    t.match(sealed.body, { Nonce: String })
    t.equal((await call('GET', 'profiles/p1/params/demo/secret?decode=true')).text, NUMBERS)
  })

  await first.stop()
  const second = await startTestEndpoint(t, prepare, { stateDir: first.stateDir })
  const list = await second.call('GET', 'machines')
  t.ok(list.text.includes(`"Extra":${NUMBERS}`) && list.text.includes(`"big":${NUMBERS}`))
  t.equal((await second.call('GET', 'machines/Name:m1/params/big')).text, NUMBERS)
})

test('any JSON value that is set as a param comes back as the text that was sent', async (t) => {
  const { call } = await startTestEndpoint(t)
  await call('POST', 'machines', { body: { Name: 'm1' } })
  const number = fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,20})?([eE][+-]?\d{1,2})?$/)
  const members = fc.array(
    fc.oneof(
      number,
      fc.string().map((text) => JSON.stringify(text)),
    ),
    { maxLength: 5 },
  )
  await fc.assert(
    fc.asyncProperty(members, async (texts) => {
      const body = `{"a":[${texts.join()}],"b":{"c":[${texts.join()}]}}`
      t.equal((await call('POST', 'machines/Name:m1/params/any', { body })).text, body)
      t.equal((await call('GET', 'machines/Name:m1/params/any')).text, body)
      const test = `[{"op":"test","path":"/any","value":${body}},{"op":"copy","from":"/any","path":"/copied"}]`
      t.equal((await call('PATCH', 'machines/Name:m1/params', { body: test })).body !== undefined, true)
      t.equal((await call('GET', 'machines/Name:m1/params/copied')).text, body)
    }),
    { numRuns: 50 },
  )
})
