import { type Test, test } from 'tap'
import { type FaultyMetalApi, type FaultyMetalApiOptions, startFaultyMetalApi, within } from '../../src/index.ts'

async function startCloud(t: Test, options: FaultyMetalApiOptions = {}) {
  const api = await startFaultyMetalApi(t, options)
  return { api, devices: `/projects/${api.projects[0]?.id}/devices` }
}

async function call(api: FaultyMetalApi, method: string, path: string, body?: object) {
  const answer = await fetch(`${api.url}${path}`, {
    method,
    headers: { 'x-auth-token': api.apiKey, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
}

const order = { hostname: 'node-1', plan: 'baremetal_0', facility: ['ewr1'], operating_system: 'custom_ipxe' }

test('a create with a lost answer makes a device; a create cut off before does not', async (t) => {
  const { api, devices } = await startCloud(t)
  api.faults.add({ effect: { kind: 'lostAnswer' }, calls: ['createDevice'] })
  await t.rejects(call(api, 'POST', devices, order))
  t.equal(api.devices().length, 1)
  api.faults.add({ effect: { kind: 'cutBefore' }, calls: ['createDevice'] })
  await t.rejects(call(api, 'POST', devices, order))
  t.equal(api.devices().length, 1)
  t.equal((await call(api, 'POST', devices, order)).status, 201)
  t.equal(api.counts.calls.createDevice, 3)
})

test('a call hangs before or after its work until it is released', async (t) => {
  const { api, devices } = await startCloud(t)
  const before = api.faults.add({ effect: { kind: 'hang' }, calls: ['createDevice'] })
  const created = call(api, 'POST', devices, order)
  await within('the call', before.hit)
  t.equal(api.devices().length, 0)
  before.release()
  t.equal((await created).status, 201)
  const after = api.faults.add({ effect: { kind: 'hang', after: true }, calls: ['createDevice'] })
  const second = call(api, 'POST', devices, order)
  await within('the call', after.hit)
  t.equal(api.devices().length, 2)
  after.release()
  t.equal((await second).status, 201)
})

test('answer and rateLimit faults send their status and do no work', async (t) => {
  const { api, devices } = await startCloud(t)
  api.faults.add({ effect: { kind: 'answer', status: 503 } })
  t.match(await call(api, 'POST', devices, order), { status: 503, body: { errors: [/503/] } })
  api.faults.add({ effect: { kind: 'rateLimit', resetMs: 2000 } })
  const limited = await fetch(`${api.url}${devices}`, { headers: { 'x-auth-token': api.apiKey } })
  t.equal(limited.status, 429)
  const resetMs = Number(limited.headers.get('x-ratelimit-reset')) * 1000 - Date.now()
  t.ok(resetMs > -60_000 && resetMs <= 3000, `${resetMs}`)
  api.faults.add({ effect: { kind: 'rateLimit', resetMs: 2000, header: 'retry-after' } })
  const again = await fetch(`${api.url}${devices}`, { headers: { 'x-auth-token': api.apiKey } })
  t.equal(again.headers.get('retry-after'), '2')
  t.equal(api.devices().length, 0)
})

test('truncated and non-JSON bodies cannot be read; slow ones can', async (t) => {
  const { api, devices } = await startCloud(t)
  await api.addDevice()
  api.faults.add({ effect: { kind: 'cutBody' } })
  await t.rejects(call(api, 'GET', devices))
  api.faults.add({ effect: { kind: 'invalidJson' } })
  await t.rejects(call(api, 'GET', devices), SyntaxError)
  api.faults.add({ effect: { kind: 'slowBody', everyMs: 1 } })
  t.equal((await call(api, 'GET', devices)).body.devices.length, 1)
})

test('a listing can be empty or lack the link to its next page although there is more', async (t) => {
  const { api, devices } = await startCloud(t)
  for (let index = 0; index < 3; index++) await api.addDevice()
  api.faults.add({ effect: { kind: 'emptyListing' } })
  t.match((await call(api, 'GET', devices)).body, { devices: { length: 0 }, meta: { total: 0 } })
  api.faults.add({ effect: { kind: 'noNextPage' } })
  const { body } = await call(api, 'GET', `${devices}?per_page=2`)
  t.equal(body.devices.length, 2)
  t.equal(body.meta.next, undefined)
  t.equal(body.meta.total, 3)
})

test('a fault hits only its calls, and only `times` times', async (t) => {
  const { api, devices } = await startCloud(t)
  const [one, other] = [await api.addDevice(), await api.addDevice()]
  const fault = api.faults.add({
    effect: { kind: 'answer', status: 404 },
    calls: ['findDeviceById'],
    where: ({ params }) => params.id === one.id,
    every: 2,
    times: 2,
  })
  const statuses: number[] = []
  for (let index = 0; index < 6; index++) statuses.push((await call(api, 'GET', `/devices/${one.id}`)).status)
  t.same(statuses, [404, 200, 404, 200, 200, 200])
  t.equal((await call(api, 'GET', `/devices/${other.id}`)).status, 200)
  t.equal((await call(api, 'GET', devices)).status, 200)
  t.equal(fault.hits, 2)
  api.faults.add({ effect: { kind: 'answer', status: 500 }, times: Number.POSITIVE_INFINITY })
  t.equal((await call(api, 'GET', devices)).status, 500)
  api.faults.clear()
  t.equal((await call(api, 'GET', devices)).status, 200)
})

test('a page may have fewer items than requested', async (t) => {
  const { api, devices: path } = await startCloud(t, { perPageMost: 2 })
  for (let index = 0; index < 3; index++) await api.addDevice()
  const { devices, meta } = (await call(api, 'GET', `${path}?per_page=100`)).body
  t.equal(devices.length, 2)
  t.match(meta, { total: 3, last_page: 2, next: { href: /page=2/ } })
})

test('fates make devices stuck, slow, failed or vanished', async (t) => {
  const clock = { ms: Date.UTC(2026, 0, 1) }
  const { api, devices } = await startCloud(t, { nowMs: () => clock.ms })
  api.destine('stuck', 'slow', 'fails', 'vanishes', 'good')
  const ids: string[] = []
  for (let index = 0; index < 5; index++) ids.push((await call(api, 'POST', devices, order)).body.id)
  clock.ms += 3_600_000
  const found = await Promise.all(ids.map(async (id) => (await call(api, 'GET', `/devices/${id}`)).body))
  t.same(
    found.map(({ state }) => state),
    ['provisioning', 'provisioning', 'failed', undefined, 'active'],
  )
  t.same(
    found.map(({ network_ports }) => network_ports?.length),
    [0, 3, 0, undefined, 3],
  )
  t.equal((await call(api, 'DELETE', `/devices/${ids[0]}`)).status, 204)
})

test('devices, calls and billed seconds are counted', async (t) => {
  const clock = { ms: Date.UTC(2026, 0, 1) }
  const { api, devices } = await startCloud(t, { nowMs: () => clock.ms })
  const { id } = (await call(api, 'POST', devices, order)).body
  clock.ms += 10_000
  t.equal(api.billedSeconds(), 10)
  clock.ms += 50_000
  t.equal((await call(api, 'DELETE', `/devices/${id}`)).status, 204)
  t.equal((await call(api, 'DELETE', `/devices/${id}`)).status, 422)
  clock.ms += 60_000
  t.equal(api.billedSeconds(), 60)
  t.match(api.counts, { created: 1, deleted: 1, calls: { createDevice: 1, deleteDevice: 2 } })
  const other = await api.addDevice()
  await api.removeDevice(other.id)
  t.same(api.devices(), [])
})
