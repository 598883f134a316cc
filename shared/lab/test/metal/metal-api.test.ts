import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { type MetalApiOptions, startMetalApi } from '../../src/index.ts'
import { call, order } from './metal-client.ts'

/** A cloud with a clock that the test advances. */
async function startCloud(t: Test, options: MetalApiOptions = {}) {
  const clock = { ms: Date.UTC(2026, 0, 1) }
  const api = await startMetalApi({ nowMs: () => clock.ms, ...options })
  t.teardown(() => api.close())
  const project = api.cloud.projects[0]?.id ?? ''
  const state = async (id: string) => (await call(api, 'GET', `/devices/${id}`)).body?.state
  const create = async (fields: object = {}) =>
    (await call(api, 'POST', `/projects/${project}/devices`, { ...order, ...fields })).body
  return { api, clock, project, state, create }
}

test('a device becomes queued, provisioning and active; its addresses and MACs come later', async (t) => {
  const { clock, api, project, create } = await startCloud(t)
  const { id, state, ip_addresses, network_ports } = await create()
  t.same({ state, ip_addresses, network_ports }, { state: 'queued', ip_addresses: [], network_ports: [] })
  const at = async (ms: number) => {
    clock.ms += ms
    return (await call(api, 'GET', `/devices/${id}`)).body
  }
  t.match(await at(1000), { state: 'provisioning', ip_addresses: { length: 0 } })
  const addressed = await at(2000)
  t.equal(addressed.ip_addresses.length, 3)
  t.same(addressed.network_ports, [])
  const ported = await at(3000)
  t.match(ported, { state: 'provisioning' })
  t.equal(ported.network_ports.filter((port: { type: string }) => port.type === 'NetworkPort').length, 2)
  t.match(await at(4000), {
    state: 'active',
    hostname: 'node-1',
    tags: ['machine-1'],
    plan: { slug: 'baremetal_0' },
    facility: { code: 'ewr1' },
    project: { href: `/metal/v1/projects/${project}` },
    always_pxe: true,
    sos: `${id}@sos.ewr1.packet.net`,
  })
  t.same(
    (await call(api, 'GET', `/devices/${id}/events`)).body.events.map((event: { type: string }) => event.type),
    ['instance.active', 'instance.provisioning', 'instance.queued'],
  )
})

test('power actions take time, and an action that the state does not allow gives 422', async (t) => {
  const { api, clock, state, create } = await startCloud(t)
  const { id } = await create()
  const act = async (type: string) => (await call(api, 'POST', `/devices/${id}/actions`, { type })).status
  const later = (ms: number) => {
    clock.ms += ms
    return state(id)
  }
  t.equal(await act('power_off'), 422, 'while it is queued')
  t.equal(await later(10_000), 'active')
  t.equal(await act('power_on'), 422, 'already on')
  t.equal(await act('power_off'), 202)
  t.equal(await later(0), 'powering_off')
  t.equal(await act('power_off'), 422)
  t.equal(await later(2000), 'inactive')
  t.equal(await act('reboot'), 422)
  t.equal(await act('power_on'), 202)
  t.equal(await later(1), 'powering_on')
  t.equal(await later(3000), 'active')
  t.equal(await act('reboot'), 202)
  t.equal(await later(2500), 'powering_on')
  t.equal(await later(2500), 'active')
  t.equal((await call(api, 'PUT', `/devices/${id}`, { always_pxe: false })).body.always_pxe, false)
  t.equal(await act('reboot'), 202)
  await later(10_000)
  t.equal(await act('rescue'), 202)
  await later(10_000)
  t.same(
    api.cloud.devices()[0]?.boots.map(({ from }) => from),
    ['pxe', 'pxe', 'pxe', 'disk', 'rescue'],
  )
})

test('a deleted device is deprovisioned, billed no more, and then not found', async (t) => {
  const { api, clock, state, create, project } = await startCloud(t)
  const { id } = await create()
  clock.ms += 60_000
  t.equal((await call(api, 'DELETE', `/devices/${id}`)).status, 204)
  t.equal(await state(id), 'deprovisioning')
  t.equal((await call(api, 'DELETE', `/devices/${id}`)).status, 422)
  clock.ms += 60_000
  t.equal((await call(api, 'GET', `/devices/${id}`)).status, 404)
  t.same((await call(api, 'GET', `/projects/${project}/devices`)).body.devices, [])
  const [kept] = api.cloud.state.devices
  t.equal(kept?.deletedAtMs, Number(kept?.createdMs) + 60_000)
})

test('a locked device is not deleted', async (t) => {
  const { api, create, state } = await startCloud(t)
  const { id } = await create({ locked: true })
  t.equal((await call(api, 'DELETE', `/devices/${id}`)).status, 422)
  t.equal(await state(id), 'queued')
})

test('listings are paged with a link to the next page, and filtered by tag, name, place and MAC', async (t) => {
  const { api, clock, project, create } = await startCloud(t)
  for (let number = 1; number <= 12; number++) {
    await create({ hostname: `node-${number}`, tags: [`tag-${number}`, number % 2 ? 'odd' : 'even'] })
  }
  clock.ms += 60_000
  const list = async (query: string) => (await call(api, 'GET', `/projects/${project}/devices${query}`)).body
  const first = await list('')
  t.equal(first.devices.length, 10, 'the default of the description')
  t.match(first.meta, { total: 12, current_page: 1, last_page: 2 })
  const next = first.meta.next.href.replace('/metal/v1', '')
  const second = (await call(api, 'GET', next)).body
  t.equal(second.devices.length, 2)
  t.equal(second.meta.next, undefined)
  const all = [...first.devices, ...second.devices].map(({ id }: { id: string }) => id)
  t.equal(new Set(all).size, 12)

  const odd = await list('?tag=odd&per_page=4')
  t.equal(odd.meta.total, 6)
  t.match(odd.meta.next.href, /tag=odd/)
  t.equal((await list('?tag=od')).devices.length, 0)
  t.equal((await list('?hostname=node-1')).devices.length, 4)
  t.equal((await list('?facility=ams1')).devices.length, 0)
  const mac = first.devices[0].network_ports[1].data.mac
  t.same(
    (await list(`?mac_address=${mac}`)).devices.map(({ id }: { id: string }) => id),
    [all[0]],
  )
  t.match((await call(api, 'GET', '/projects')).body.projects, [{ id: project, name: 'lab' }])
})

test('requests outside the description are refused and create nothing', async (t) => {
  const { api, project } = await startCloud(t)
  const { plan: _plan, ...noPlan } = order
  const { facility: _facility, ...noPlace } = order
  const wrong: object[] = [
    noPlan,
    noPlace,
    { ...order, metro: 'ny' },
    { ...order, unknown: 1 },
    { ...order, always_pxe: 'true' },
    { ...order, tags: 'one' },
    { ...order, facility: [] },
    { ...order, billing_cycle: 'weekly' },
    { ...order, plan: 'nonsense' },
  ]
  for (const body of wrong) {
    const { status, body: answer } = await call(api, 'POST', `/projects/${project}/devices`, body)
    t.equal(status, 422, JSON.stringify(body))
    t.ok(answer.errors.length > 0)
  }
  const { id } = await api.addDevice()
  t.equal((await call(api, 'PUT', `/devices/${id}`, { plan: 'baremetal_1' })).status, 422)
  t.equal((await call(api, 'POST', `/devices/${id}/actions`, { type: 'explode' })).status, 422)
  t.equal((await call(api, 'POST', `/devices/${id}/actions`, {})).status, 422)
  t.equal((await call(api, 'POST', `/projects/${project}/devices`, '{')).status, 400)
  t.equal((await call(api, 'GET', `/projects/${project}/devices?perpage=5`)).status, 422)
  t.equal((await call(api, 'GET', `/projects/${project}/devices?per_page=1001`)).status, 422)
  t.equal((await call(api, 'GET', `/projects/${id}/devices`)).status, 404)
  t.equal((await call(api, 'GET', '/nonsense')).status, 404)
  t.equal(api.cloud.devices().length, 1)
})

test('every call with a wrong token gives 401', async (t) => {
  const { api, project } = await startCloud(t)
  const { id } = await api.addDevice()
  for (const path of ['/projects', `/projects/${project}/devices`, `/devices/${id}`]) {
    t.equal((await call(api, 'GET', path, undefined, 'wrong')).status, 401, path)
  }
  t.equal((await call(api, 'DELETE', `/devices/${id}`, undefined, '')).status, 401)
  t.equal(api.cloud.devices().length, 1)
})

test('a device can be placed by metro or in any facility', async (t) => {
  const { create } = await startCloud(t)
  t.match(await create({ facility: undefined, metro: 'sv' }), { metro: { code: 'sv' }, facility: { code: 'sv1' } })
  t.match(await create({ facility: 'any' }), { facility: { code: 'ewr1' } })
})

test('a restarted cloud has its old port, or another if that is taken', async (t) => {
  const folder = tempFolder(t)
  const first = await startMetalApi({ folder })
  const second = await startMetalApi({ folder })
  t.teardown(() => second.close())
  t.not(second.url, first.url)
  await first.close()
  await second.close()
  const third = await startMetalApi({ folder })
  t.teardown(() => third.close())
  t.equal(third.url, second.url)
})

test('a change that cannot be stored gives 500 with the reason', async (t) => {
  const folder = join(tempFolder(t), 'cloud')
  const { api, project } = await startCloud(t, { folder })
  await rm(folder, { recursive: true })
  await writeFile(folder, 'no folder')
  const { status, body } = await call(api, 'POST', `/projects/${project}/devices`, order)
  t.equal(status, 500)
  t.match(body.errors, [/EEXIST|ENOTDIR/])
  await rm(folder)
  t.equal((await call(api, 'POST', `/projects/${project}/devices`, order)).status, 201)
})

test('a cloud reads its devices, key and projects from its folder', async (t) => {
  const folder = tempFolder(t)
  const before = await startCloud(t, { folder })
  const { id } = await before.create()
  const gone = await before.create()
  await call(before.api, 'DELETE', `/devices/${gone.id}`)
  // Not closed: the cloud must store a change before it answers.
  const after = await startMetalApi({ folder, nowMs: () => before.clock.ms + 60_000 })
  t.teardown(() => after.close())
  t.equal(after.cloud.apiKey, before.api.cloud.apiKey)
  t.same(after.cloud.projects, before.api.cloud.projects)
  t.match((await call(after, 'GET', `/devices/${id}`)).body, { state: 'active', hostname: 'node-1' })
  t.equal((await call(after, 'GET', `/devices/${gone.id}`)).status, 404)
  t.not((await call(after, 'POST', `/projects/${before.project}/devices`, order)).body.id, id)
  t.same(new Set(after.cloud.devices().map(({ number }) => number)).size, 2)
})
