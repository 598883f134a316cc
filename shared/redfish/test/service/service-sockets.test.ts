import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import type { FaultRule } from '../../src/service/fault-rule.ts'
import { PlainMachine } from '../../src/service/plain-machine.ts'
import type { Quirks } from '../../src/service/quirks.ts'
import { type RedfishService, startRedfishService } from '../../src/service/redfish-service.ts'

const SYSTEM = '/redfish/v1/Systems/1'
const RESET = `${SYSTEM}/Actions/ComputerSystem.Reset`
const auth = 'admin:secret'

async function start(t: Test, quirks: Partial<Quirks> = {}) {
  const machine = new PlainMachine()
  const service = await startRedfishService({
    port: 0,
    hosts: [{ machine }],
    accounts: [{ username: 'admin', password: 'secret' }],
    quirks: { plainLogin: true, managerResetMs: 60_000, ...quirks },
    onError: (error) => t.error(error),
  })
  t.teardown(() => service.close())
  return { service, machine }
}

interface Sending {
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** The answer once its head has come; its body is read by the caller. */
async function open({ port }: RedfishService, method: string, path: string, { body, headers = {} }: Sending = {}) {
  const outgoing = request({ port, host: '127.0.0.1', method, path, auth, headers, agent: false })
  outgoing.end(body)
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  return answer
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of answer) text += String(chunk)
  return text
}

async function send(service: RedfishService, method: string, path: string, sending?: Sending) {
  const answer = await open(service, method, path, sending)
  return { status: answer.statusCode, headers: answer.headers, body: await textOf(answer) }
}

/** Sends a text as it is, and returns all that comes back. */
async function raw({ port }: RedfishService, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(text)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer
}

test('HEAD has the length of the body of GET, and no body', async (t) => {
  const { service } = await start(t)
  const [get, head] = [await send(service, 'GET', SYSTEM), await send(service, 'HEAD', SYSTEM)]
  t.equal(head.body, '')
  t.equal(head.headers['content-length'], String(get.body.length))
})

test('headers over 16 KiB, bodies over 1 MiB, unknown verbs and rubbish are refused', async (t) => {
  const { service } = await start(t)
  t.match(await raw(service, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`), /^HTTP\/1.1 431/)
  t.match(await raw(service, 'MOON / HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1.1 501/)
  t.match(await raw(service, 'rubbish\r\n\r\n'), /^HTTP\/1.1 /)
  t.match(await send(service, 'PATCH', SYSTEM, { body: 'x'.repeat(1024 * 1024) }), { status: 400 })
  t.match(await send(service, 'PATCH', SYSTEM, { body: 'x'.repeat(1024 * 1024 + 1) }), { status: 413 })
})

test('an image by multipart is larger than other bodies may be, and becomes a task', async (t) => {
  const { service } = await start(t, { taskMs: 1 })
  const image = Buffer.alloc(2 * 1024 * 1024, 7)
  const part = (name: string, more: string) => `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`
  const body = Buffer.concat([
    Buffer.from(`${part('UpdateParameters', '')}{"Targets":["/redfish/v1/Managers/1"]}\r\n`),
    Buffer.from(part('UpdateFile', '; filename="a.bin"')),
    image,
    Buffer.from('\r\n--b--\r\n'),
  ])
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  const answer = await send(service, 'POST', '/redfish/v1/UpdateService/upload', { body, headers })
  t.equal(answer.status, 202)
  await waitUntil('the image to be taken', () => service.state.images.length > 0)
  t.match(service.state.images, [{ target: '/redfish/v1/Managers/1', bytes: image.length }])
  const cut = { body: body.subarray(0, 200), headers }
  t.equal((await send(service, 'POST', '/redfish/v1/UpdateService/upload', cut)).status, 400)
})

/** Reads events from a stream until there are so many. */
async function eventsOf(answer: IncomingMessage, count: number) {
  let text = ''
  for await (const chunk of answer) {
    text += String(chunk)
    if (text.split('\n\n').length > count) break
  }
  return text
    .split('\n\n')
    .slice(0, count)
    .map((event) => /^id: (\d+)\ndata: (.*)$/.exec(event))
    .map((found) => ({ id: found?.[1], data: JSON.parse(found?.[2] ?? '{}') }))
}

test('an event stream has a subscription of its own, outlives its session, and ends with either', async (t) => {
  const { service } = await start(t)
  const login = await send(service, 'POST', '/redfish/v1/SessionService/Sessions', {
    body: JSON.stringify({ UserName: 'admin', Password: 'secret' }),
  })
  const headers = { accept: 'text/event-stream', 'x-auth-token': String(login.headers['x-auth-token']) }
  const stream = await open(service, 'GET', '/redfish/v1/EventService/SSE', { headers })
  t.match(stream.headers, { 'content-type': 'text/event-stream; charset=utf-8', 'odata-version': '4.0' })
  const [subscription] = service.state.subscriptions.all()
  t.match(subscription, { isStream: true, context: /^\w{12}$/ })
  const path = `/redfish/v1/EventService/Subscriptions/${subscription?.id}`
  t.match(JSON.parse((await send(service, 'GET', path)).body), { SubscriptionType: 'SSE', Protocol: 'Redfish' })

  await send(service, 'DELETE', String(login.headers.location))
  await send(service, 'POST', RESET, { body: '{"ResetType":"On"}' })
  await send(service, 'POST', RESET, { body: '{"ResetType":"ForceOff"}' })
  const events = await eventsOf(stream, 2)
  t.not(events[0]?.id, events[1]?.id)
  t.match(events, [
    { data: { Events: [{ MessageId: 'ResourceEvent.1.4.ResourcePoweredOn', OriginOfCondition: {} }] } },
    { data: { Context: subscription?.context, Events: [{ MessageId: /ResourcePoweredOff$/ }] } },
  ])
  await waitUntil('the subscription to end with its connection', () => service.state.subscriptions.all().length === 0)

  const second = await open(service, 'GET', '/redfish/v1/EventService/SSE', { headers: { accept: '*/*' } })
  const [other] = service.state.subscriptions.all()
  await send(service, 'DELETE', `/redfish/v1/EventService/Subscriptions/${other?.id}`)
  t.equal(await textOf(second), '', 'the stream ends')
})

test('a subscriber gets events by POST, again where it did not take them', async (t) => {
  const { service } = await start(t)
  service.state.settings.deliveryRetryIntervalSeconds = 0
  const got: { readonly headers: IncomingMessage['headers']; readonly body: string }[] = []
  const listener = createServer((incoming, answer) => {
    void textOf(incoming).then((body) => {
      got.push({ headers: incoming.headers, body })
      answer.writeHead(got.length === 1 ? 503 : 204).end()
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.teardown(() => listener.close())
  const { port } = listener.address() as { readonly port: number }
  const body = { Destination: `http://127.0.0.1:${port}/x`, Protocol: 'Redfish', Context: 'mine' }
  const subscription = JSON.stringify({ ...body, HttpHeaders: [{ Authorization: 'Bearer deep-secret' }] })
  const made = await send(service, 'POST', '/redfish/v1/EventService/Subscriptions', { body: subscription })
  t.equal(made.status, 201)
  t.notMatch(made.body, 'deep-secret')
  await send(service, 'POST', '/redfish/v1/EventService/Actions/EventService.SubmitTestEvent', { body: '{}' })
  await waitUntil('the event to be sent twice', () => got.length === 2)
  t.match(got[1]?.headers, { authorization: 'Bearer deep-secret', 'content-type': /^application\/json/ })
  t.match(JSON.parse(got[1]?.body ?? ''), { Context: 'mine', Events: [{ MessageId: 'ResourceEvent.1.4.TestMessage' }] })
})

const withRule = (t: Test, rule: FaultRule) => start(t, { rules: [rule] })

test('a rule answers so many requests with a status, headers and a message', async (t) => {
  const message = { id: 'Ami.1.0.Busy', text: 'Wait' }
  const { service } = await withRule(t, {
    path: SYSTEM,
    times: 1,
    after: 1,
    status: 503,
    headers: { 'Retry-After': '7' },
    message,
  })
  t.equal((await send(service, 'GET', SYSTEM)).status, 200)
  const refused = await send(service, 'GET', SYSTEM)
  t.match(refused, { status: 503, headers: { 'retry-after': '7' } })
  t.match(JSON.parse(refused.body).error, { code: 'Ami.1.0.Busy' })
  t.equal((await send(service, 'GET', SYSTEM)).status, 200)
})

for (const [lose, verbs] of [
  ['request', 0],
  ['answer', 1],
] as const)
  test(`a lost ${lose} breaks the connection ${verbs ? 'after' : 'before'} the reset was done`, async (t) => {
    const { service, machine } = await withRule(t, { method: 'POST', lose, times: 1 })
    await t.rejects(send(service, 'POST', RESET, { body: '{"ResetType":"On"}' }), { code: 'ECONNRESET' })
    t.equal(machine.verbs.length, verbs)
  })

test('a rule that hangs does nothing and answers nothing, until close breaks the connection', async (t) => {
  const { service, machine } = await withRule(t, { method: 'POST', hang: true })
  const answer = t.rejects(send(service, 'POST', RESET, { body: '{"ResetType":"On"}' }))
  await waitUntil('the request', () => service.counters.requests.POST === 1)
  await service.close()
  await answer
  t.same(machine.verbs, [])
})

test('a rule gives a body of its own, one that never ends, a slow one, or other properties', async (t) => {
  const { service } = await start(t)
  const get = (rule: FaultRule) => {
    service.state.quirks.rules = [rule]
    return send(service, 'GET', SYSTEM)
  }
  t.match(await get({ body: '{"cut' }), { status: 200, body: '{"cut' })
  t.match(await get({ status: 200, body: '' }), { status: 200, body: '' })
  t.equal(JSON.parse((await get({ patch: { PowerState: null } })).body).PowerState, null)
  t.equal(JSON.parse((await get({ slowMs: 0 })).body).PowerState, 'Off')
  service.state.quirks.rules = [{ body: 'huge' }]
  const answer = await open(service, 'GET', SYSTEM)
  let length = 0
  for await (const chunk of answer) {
    length += chunk.length
    if (length > 10_000_000) break
  }
  t.ok(length > 10_000_000)
})

test('a BMC that restarts breaks the connections of those who ask it', async (t) => {
  const { service } = await start(t)
  t.equal((await send(service, 'POST', '/redfish/v1/Managers/1/Actions/Manager.Reset', { body: '{}' })).status, 204)
  await waitUntil('the BMC to be gone', () => service.state.isDown)
  await t.rejects(send(service, 'GET', '/redfish/v1/'), { code: 'ECONNRESET' })
})
