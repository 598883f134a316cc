import { inspect } from 'node:util'
import { type Clock, Secret, systemClock } from '@powerbus/plugin-sdk'
import { type FaultyMetalApi, startFaultyMetalApi } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import type { Cloud } from '../../../src/cloud/cloud.ts'
import type { DeviceSpec } from '../../../src/cloud/device.ts'
import { metalCloud } from '../../../src/cloud/metal/metal.ts'
import { refused as refusedAs } from '../../../src/cloud/metal/metal-failure.ts'

const quick = {
  queuedMs: 0,
  provisioningMs: 0,
  addressesMs: 0,
  portsMs: 0,
  powerOnMs: 0,
  powerOffMs: 0,
  deprovisionMs: 0,
}

interface Bench {
  readonly api: FaultyMetalApi
  readonly cloud: Cloud
  readonly spec: DeviceSpec
}

async function bench(t: Test, clock: Clock = systemClock): Promise<Bench> {
  const api = await startFaultyMetalApi(t, { times: quick })
  const cloud = metalCloud({ url: api.url, apiKey: new Secret(api.apiKey) }, clock)
  t.teardown(() => cloud.close())
  const projectId = api.projects[0]?.id ?? ''
  const spec = {
    projectId,
    hostname: 'node',
    plan: 'baremetal_0',
    facility: 'ewr1',
    alwaysPxe: true,
    ipxeScriptUrl: '',
  }
  return { api, cloud, spec }
}

const call = (timeoutMs = 20_000) => ({ signal: new AbortController().signal, timeoutMs })

test('a device is made with its tag, found by the tag, powered, changed and deleted', async (t) => {
  const { cloud, spec, api } = await bench(t)
  const made = await cloud.create({ ...spec, ipxeScriptUrl: 'http://boot/x.ipxe' }, 'powerbus-machine=1', call())
  t.match(made, {
    hostname: 'node',
    tags: ['powerbus-machine=1'],
    plan: 'baremetal_0',
    facility: 'ewr1',
    alwaysPxe: true,
  })
  const listed = await cloud.list({ projectId: spec.projectId, tag: 'powerbus-machine=1' }, call())
  t.match(listed, { complete: true, items: [{ id: made.id }] })
  t.match(await cloud.list({ projectId: spec.projectId, tag: 'powerbus-machine=2' }, call()), {
    complete: true,
    items: [],
  })
  const device = await cloud.get(made.id, call())
  t.match(device, { state: 'on', address: /^198\.18\./, macs: [/^02:10/, /^02:10/] })
  t.equal(await cloud.power(made.id, 'on', call()), 'already')
  t.equal(await cloud.power(made.id, 'off', call()), 'accepted')
  t.match(await cloud.get(made.id, call()), { state: 'off' })
  await t.rejects(cloud.power(made.id, 'reboot', call()), { code: 'TARGET_STATE' })
  t.match(await cloud.setBoot(made.id, { alwaysPxe: false }, call()), {
    alwaysPxe: false,
    ipxeScriptUrl: 'http://boot/x.ipxe',
  })
  t.equal(await cloud.delete(made.id, call()), 'accepted')
  t.equal(await cloud.get(made.id, call()), 'gone')
  t.equal(await cloud.delete(made.id, call()), 'gone')
  t.equal(api.counts.created, 1)
})

test('a metro replaces the facility in a create', async (t) => {
  const { cloud, spec } = await bench(t)
  t.match(await cloud.create({ ...spec, metro: 'sv' }, 'tag', call()), { metro: 'sv' })
})

test('all pages of a listing are read', async (t) => {
  const { api, cloud, spec } = await bench(t)
  for (let number = 0; number < 230; number++) await api.addDevice(`node-${number}`)
  const { items, complete } = await cloud.list({ projectId: spec.projectId }, call())
  t.equal(complete, true)
  t.equal(new Set(items.map(({ id }) => id)).size, 230)
})

test('a listing without a later page is incomplete', async (t) => {
  const { api, cloud, spec } = await bench(t)
  for (let number = 0; number < 130; number++) await api.addDevice()
  api.faults.add({ effect: { kind: 'noNextPage' }, calls: ['findProjectDevices'] })
  t.match(await cloud.list({ projectId: spec.projectId }, call()), { complete: false, items: { length: 100 } })
  api.faults.add({
    effect: { kind: 'answer', status: 503 },
    calls: ['findProjectDevices'],
    where: ({ query }) => query.page === '2',
    times: 1000,
  })
  t.match(await cloud.list({ projectId: spec.projectId }, call(1000)), { complete: false, items: { length: 100 } })
})

test('a create is sent once, even if its answer is lost', async (t) => {
  const { api, cloud, spec } = await bench(t)
  for (const effect of [
    { kind: 'lostAnswer' },
    { kind: 'cutBody' },
    { kind: 'invalidJson' },
    { kind: 'answer', status: 500 },
    { kind: 'answer', status: 503 },
    { kind: 'answer', status: 201, body: '{}' },
    { kind: 'cutBefore' },
  ] as const) {
    const before = api.counts.calls.createDevice
    api.faults.add({ effect, calls: ['createDevice'] })
    await t.rejects(cloud.create(spec, 'tag', call()), { code: 'OUTCOME_UNKNOWN' }, JSON.stringify(effect))
    t.equal(api.counts.calls.createDevice, before + 1)
  }
})

test('a create that hangs ends at its timeout with OUTCOME_UNKNOWN', async (t) => {
  const { api, cloud, spec } = await bench(t)
  const fault = api.faults.add({ effect: { kind: 'hang', after: true }, calls: ['createDevice'] })
  await t.rejects(cloud.create(spec, 'tag', call(300)), { code: 'OUTCOME_UNKNOWN' })
  fault.release()
})

test('refusals have the error code of their status', async (t) => {
  const { api, cloud, spec } = await bench(t)
  for (const [status, code] of [
    [401, 'AUTH_FAILED'],
    [403, 'AUTH_FAILED'],
    [404, 'OBJECT_UNKNOWN'],
    [422, 'TARGET_STATE'],
    [429, 'TARGET_BUSY'],
  ] as const) {
    api.faults.add({ effect: { kind: 'answer', status }, calls: ['createDevice'] })
    await t.rejects(cloud.create(spec, 'tag', call()), { code }, `${status}`)
  }
})

test('a wrong key gives AUTH_FAILED at once, without the key in the message', async (t) => {
  const { api } = await bench(t)
  const cloud = metalCloud({ url: api.url, apiKey: new Secret('not-the-key') }, systemClock)
  t.teardown(() => cloud.close())
  await t.rejects(cloud.projects(call()), { code: 'AUTH_FAILED' })
  t.notMatch(await cloud.projects(call()).catch(String), /not-the-key/)
  t.equal(api.counts.calls.findProjects, 2)
})

test("only the API's own 404 means that a device is gone", async (t) => {
  const { api, cloud, spec } = await bench(t)
  const { id } = await cloud.create(spec, 'tag', call())
  for (const body of ['<html>404</html>', '{}', '[]', '"Not found"']) {
    api.faults.add({ effect: { kind: 'answer', status: 404, body }, calls: ['findDeviceById'] })
    await t.rejects(cloud.get(id, call()), { code: 'TARGET_UNREACHABLE' }, body)
  }
  t.equal(await cloud.get('00000000-0000-4000-8000-000000000000', call()), 'gone')
})

test('reads are retried after passing failures', async (t) => {
  const { api, cloud, spec } = await bench(t)
  const { id } = await cloud.create(spec, 'tag', call())
  for (const effect of [
    { kind: 'answer', status: 503 },
    { kind: 'cutBefore' },
    { kind: 'lostAnswer' },
    { kind: 'cutBody' },
    { kind: 'invalidJson' },
  ] as const) {
    api.faults.add({ effect, calls: ['findDeviceById'] })
    t.match(await cloud.get(id, call()), { id }, JSON.stringify(effect))
  }
})

test('a slow body and a hanging answer end at the deadline', async (t) => {
  const { api, cloud } = await bench(t)
  api.faults.add({ effect: { kind: 'slowBody', everyMs: 200 }, calls: ['findProjects'], times: 100 })
  await t.rejects(cloud.projects(call(500)), { code: 'TARGET_TIMEOUT' })
  api.faults.clear()
  const fault = api.faults.add({ effect: { kind: 'hang' }, calls: ['findProjects'] })
  await t.rejects(cloud.projects(call(300)), { code: 'TARGET_TIMEOUT' })
  fault.release()
})

for (const header of ['x-ratelimit-reset', 'retry-after'] as const)
  test(`requests wait for the end of the rate limit in ${header}`, async (t) => {
    const { api, cloud } = await bench(t)
    api.faults.add({ effect: { kind: 'rateLimit', resetMs: 1000, header }, calls: ['findProjects'] })
    t.match(await cloud.projects(call()), { complete: true })
    t.equal(api.counts.calls.findProjects, 2)
  })

test('nothing is sent if the rate limit lasts longer than the timeout', async (t) => {
  const { api, cloud } = await bench(t)
  api.faults.add({ effect: { kind: 'rateLimit', resetMs: 3_600_000 }, calls: ['findProjects'] })
  await t.rejects(cloud.projects(call(1000)), { code: 'TARGET_BUSY' })
  await t.rejects(cloud.projects(call(1000)), { code: 'TARGET_BUSY' })
  t.equal(api.counts.calls.findProjects, 1)
})

test('a reboot whose answer was lost is not sent again', async (t) => {
  const { api, cloud, spec } = await bench(t)
  const { id } = await cloud.create(spec, 'tag', call())
  for (const effect of [{ kind: 'lostAnswer' }, { kind: 'answer', status: 502 }] as const) {
    api.faults.add({ effect, calls: ['performAction'] })
    const before = api.counts.calls.performAction
    await t.rejects(cloud.power(id, 'reboot', call()), { code: 'OUTCOME_UNKNOWN' })
    t.equal(api.counts.calls.performAction, before + 1)
  }
})

test("the error for a locked device has the API's words", async (t) => {
  const { api, cloud, spec } = await bench(t)
  const { id } = await cloud.create(spec, 'tag', call())
  api.faults.add({
    effect: { kind: 'answer', status: 422, body: '{"errors":["Device is locked"]}' },
    calls: ['deleteDevice'],
  })
  await t.rejects(cloud.delete(id, call()), { code: 'TARGET_STATE', message: /locked/ })
})

test('a closed port is TARGET_UNREACHABLE, also for a create', async (t) => {
  const { api, spec } = await bench(t)
  const cloud = metalCloud({ url: 'http://127.0.0.1:1/metal/v1', apiKey: new Secret(api.apiKey) }, systemClock)
  t.teardown(() => cloud.close())
  await t.rejects(cloud.create(spec, 'tag', call(2000)), { code: 'TARGET_UNREACHABLE' })
  await t.rejects(cloud.projects(call(1000)), { code: 'TARGET_UNREACHABLE' })
})

test('a call whose signal is aborted ends', async (t) => {
  const { api, cloud } = await bench(t)
  const fault = api.faults.add({ effect: { kind: 'hang' }, calls: ['findProjects'] })
  const controller = new AbortController()
  const asked = cloud.projects({ signal: controller.signal, timeoutMs: 20_000 })
  await fault.hit
  controller.abort()
  await t.rejects(asked, { code: 'DEADLINE_EXCEEDED' })
  fault.release()
})

test('an id that would change the path of the request is PARAM_INVALID', async (t) => {
  const { cloud } = await bench(t)
  for (const id of ['', '.', '..']) await t.rejects(cloud.delete(id, call()), { code: 'PARAM_INVALID' })
  t.equal(await cloud.get('../projects', call()), 'gone')
})

test('a key that no header can carry is PARAM_INVALID and not shown', async (t) => {
  const { api } = await bench(t)
  for (const end of ['\n', '\r\n', '\u0000', '\u2028']) {
    const open = () => metalCloud({ url: api.url, apiKey: new Secret(`${api.apiKey}${end}`) }, systemClock)
    t.throws(open, { code: 'PARAM_INVALID', retry: false, message: /packet\/api-key/ })
    try {
      open()
    } catch (error) {
      t.notOk(inspect(error).includes(api.apiKey))
    }
  }
})

test('a create that the API has no servers for made no device, and its error has the words of the API', async (t) => {
  const { api, cloud, spec } = await bench(t)
  api.faults.add({ effect: { kind: 'noServers' }, calls: ['createDevice'] })
  const refused = await cloud.create(spec, 'tag', call()).catch((error: unknown) => error)
  t.match(refused, { code: 'TARGET_STATE', message: /There are not enough baremetal_0 servers available/ })
  for (const words of ['No capacity in metro sv', 'Insufficient servers', 'no m3.large.x86 hardware is available'])
    t.match(refusedAs('POST /x', 503, words), { error: { code: 'TARGET_STATE' }, isTaken: false }, words)
  for (const words of ['Service temporarily unavailable', 'upstream connect error', undefined])
    t.match(refusedAs('POST /x', 503, words), { error: { code: 'TARGET_UNREACHABLE' }, isTaken: true }, `${words}`)
})

test('a 403 of the rate limit is a rate limit; another 403 is a refusal', async (t) => {
  const { api, cloud, spec } = await bench(t)
  for (const header of ['x-ratelimit-reset', 'retry-after'] as const) {
    api.faults.add({ effect: { kind: 'rateLimit', status: 403, resetMs: 200, header } })
    t.match(await cloud.list({ projectId: spec.projectId }, call()), { complete: true }, header)
  }
  api.faults.add({ effect: { kind: 'rateLimit', status: 403, resetMs: 200 }, calls: ['createDevice'] })
  await t.rejects(cloud.create(spec, 'tag', call()), { code: 'TARGET_BUSY' })
  const body = JSON.stringify({ errors: ['You are not authorized to view this device'] })
  api.faults.add({ effect: { kind: 'answer', status: 403, body }, calls: ['findDeviceById'] })
  await t.rejects(cloud.get('x', call()), { code: 'AUTH_FAILED', message: /not authorized to view this device/ })
})

test('a device that was moved out of its project is refused, and its project is listed without it', async (t) => {
  const { api, cloud, spec } = await bench(t)
  api.destine('moved', 'elastic')
  const moved = await cloud.create(spec, 'tag', call())
  const other = await cloud.create(spec, 'tag', call())
  await t.rejects(cloud.get(moved.id, call()), { code: 'AUTH_FAILED' })
  await t.rejects(cloud.delete(moved.id, call()), { code: 'AUTH_FAILED' })
  t.match(await cloud.list({ projectId: spec.projectId }, call()), { complete: true, items: [{ id: other.id }] })
  t.match((await cloud.get(other.id, call())) as object, { address: /^198\.18\./ }, 'not the elastic address')
})
