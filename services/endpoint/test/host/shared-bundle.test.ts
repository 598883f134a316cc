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
  t.match(Object.fromEntries(body.map((param: { Name: string }) => [param.Name, param])), params)
  t.equal(body.length, Object.keys(params).length)
  t.match((await call('GET', 'params/power/timeout')).body, { Schema: { default: 60 } })

  t.equal((await call('POST', 'machines', { body: { Name: 'n', Params: { 'power/timeout': 0 } } })).status, 400)
  t.equal((await call('POST', 'machines', { body: { Name: 'n', Params: { 'power/protected': 'true' } } })).status, 201)
  const mixed = await call('GET', 'machines/Name:n/params?aggregate=true')
  t.match(mixed.body, { 'power/protected': true, 'power/timeout': 60, 'power/dry-run': false })
})

test('a plugin whose bundle defines a param of the bundle powerbus, even equally, is refused as DRP does', async (t) => {
  const own = { 'power/timeout': { ...params['power/timeout'] } }
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { params: own }))
  const { body } = await call('GET', 'plugin_providers/demo')
  t.match(body, { Available: false, Errors: [/keysCannotBeOverridden: power\/timeout is already in layer 1/] })
  t.match(body.Errors[0], 'powerbus')
  t.same((await call('GET', 'params/power/timeout')).body.Bundle, 'powerbus')
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
