import { manifestOf } from '@powerbus/plugin-sdk'
import { checkPlugin } from '@powerbus/plugin-sdk/plugin-conformance'
import { test } from 'tap'
import { packetIpmiPlugin } from '../src/plugin.ts'

const manifest = manifestOf(packetIpmiPlugin())
const actions = new Map(manifest.AvailableActions.map((action) => [action.Command, action]))

/** Model, required params, optional params (without those of the power engine). */
const table: Readonly<Record<string, readonly [string, readonly string[], readonly string[]]>> = {
  createVm: [
    'plugins',
    ['packet/api-key'],
    ['packet/name', 'packet/facility', 'packet/plan', 'packet/project-id', 'packet/metro'],
  ],
  startVm: ['plugins', ['packet/api-key'], ['packet/uuid']],
  stopVm: ['plugins', ['packet/api-key'], ['packet/uuid']],
  destroyVm: ['plugins', ['packet/api-key'], ['packet/uuid']],
  poweron: ['machines', ['packet/uuid'], []],
  poweroff: ['machines', ['packet/uuid'], []],
  powercycle: ['machines', ['packet/uuid'], []],
  nextbootpxe: ['machines', ['packet/uuid'], []],
  nextbootdisk: ['machines', ['packet/uuid'], []],
  updatepxe: ['machines', ['packet/uuid'], ['packet/ipxe-script-url', 'packet/always-pxe']],
  powerstatus: ['machines', ['packet/uuid'], []],
  rescue: ['machines', ['packet/uuid'], []],
}

test('the plugin passes the conformance suite', async (t) => {
  t.same(checkPlugin(packetIpmiPlugin()), [])
})

test('the manifest agrees with the contract', async (t) => {
  t.match(manifest, { Name: 'packet-ipmi', PluginVersion: 4, HasPublish: false, RequiredParams: ['packet/api-key'] })
  t.same(
    [...manifest.OptionalParams].sort(),
    ['packet/api-url', 'packet/import-existing', 'packet/project-id', 'packet/prune'].sort(),
  )
  t.same([...actions.keys()].sort(), Object.keys(table).sort())
})

for (const [command, [model, required, optional]] of Object.entries(table))
  test(`${command} is for ${model}, with the params of the contract`, async (t) => {
    const action = actions.get(command)
    t.equal(action?.Model, model)
    t.same(action?.RequiredParams, required)
    const own = action?.OptionalParams.filter((name) => !name.startsWith('power/')) ?? []
    t.same([...own].sort(), [...optional].sort())
    t.ok(action?.OptionalParams.includes('power/dry-run'))
  })

test('the bundle has the params of the contract, with their defaults', async (t) => {
  const bundle = manifest.Content
  for (const name of [
    'name',
    'facility',
    'plan',
    'project-id',
    'uuid',
    'sos',
    'always-pxe',
    'ipxe-script-url',
    'metro',
  ])
    t.ok(bundle.includes(`"packet/${name}"`), name)
  const defaults = packetIpmiPlugin().actions.flatMap(({ params }) => params)
  const of = (name: string) =>
    defaults.map((use) => ('required' in use ? use.required : use)).find((param) => param.name === name)
  t.equal(of('packet/facility')?.schema.default, 'ewr1')
  t.equal(of('packet/plan')?.schema.default, 'baremetal_0')
  t.equal(of('packet/always-pxe')?.schema.default, true)
  t.equal(of('packet/api-key')?.secure, true)
  t.same(packetIpmiPlugin().events?.patterns, ['machines.create.*', 'machines.delete.*'])
})
