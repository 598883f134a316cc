import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { sharedBundle } from '@powerbus/plugin-sdk'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

const { params } = sharedBundle().sections

test('the params of the bundle powerbus are built in, with their schemas and defaults', async (t) => {
  const { call } = await startTestEndpoint(t)
  const { body } = await call('GET', `params?Name=In(${Object.keys(params)})`)
  t.same(Object.fromEntries(body.map((param: { Name: string }) => [param.Name, param])), params)
  t.match((await call('GET', 'params/power/timeout')).body, { Schema: { default: 60 } })

  t.equal((await call('POST', 'machines', { body: { Name: 'n', Params: { 'power/timeout': 0 } } })).status, 400)
  t.equal((await call('POST', 'machines', { body: { Name: 'n', Params: { 'power/protected': 'true' } } })).status, 201)
  const mixed = await call('GET', 'machines/Name:n/params?aggregate=true')
  t.match(mixed.body, { 'power/protected': true, 'power/timeout': 60, 'power/dry-run': false })
})

test('a plugin of before the bundle, which defines power params itself, works beside it', async (t) => {
  const own = params['power/timeout']
  const other = { ...params['power/min-gap'], Description: 'Other' }
  const old = { 'power/timeout': { ...own }, 'power/min-gap': other }
  const { call, logged } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { params: old }))
  t.match((await call('GET', 'plugins/demo')).body, { Available: true })
  t.same((await call('GET', 'params/power/min-gap')).body, params['power/min-gap'])
  const notices = logged.map(({ msg }) => String(msg)).filter((text) => text.includes('param power/'))
  t.match(notices, [/power\/min-gap of demo differs from that of powerbus/])
})

test('power params that the version before the bundle stored on machines and profiles go on working', async (t) => {
  const stateDir = join(tempFolder(t), 'state')
  cpSync(join(import.meta.dirname, '../fixtures/state-0.1'), stateDir, { recursive: true })
  const { call } = await startTestEndpoint(t, () => undefined, { stateDir })
  const path = 'machines/Name:node-01'
  t.same((await call('GET', path)).body.Params, { 'power/protected': true, 'power/min-gap': 2.5 })
  t.match((await call('GET', `${path}/params?aggregate=true`)).body, {
    'power/protected': true,
    'power/min-gap': 2.5,
    'power/timeout': 90,
    'power/soft-timeout': 120,
    'power/force-after-soft': true,
    'power/dry-run': false,
  })
  t.equal((await call('POST', `${path}/params/power/timeout`, { body: 30 })).status, 200)
})
