import { manifestOf } from '@powerbus/plugin-sdk'
import { checkPlugin } from '@powerbus/plugin-sdk/plugin-conformance'
import { test } from 'tap'
import { virtualboxPlugin } from '../src/plugin.ts'

const manifest = manifestOf(virtualboxPlugin())
const actions = new Map(manifest.AvailableActions.map((action) => [action.Command, action]))
const onMachines = [
  ...['poweron', 'poweroff', 'powercycle', 'powershutdown', 'powerreset', 'powerstatus'],
  ...['nextbootpxe', 'nextbootdisk', 'nextbootcd', 'forcebootpxe', 'forcebootdisk'],
]
const onPlugins = ['createVm', 'startVm', 'stopVm', 'destroyVm']

test('checkPlugin finds no problem', (t) => {
  t.same(checkPlugin(virtualboxPlugin()), [])
  t.end()
})

test('the manifest has the params and actions of the contract', (t) => {
  t.match(manifest, { Name: 'virtualbox-ipmi', PluginVersion: 4, HasPublish: false })
  t.same(manifest.RequiredParams, ['virtualbox/user'])
  for (const name of ['vm-path', 'network-kind', 'network-name'])
    t.ok(manifest.OptionalParams.includes(`virtualbox/${name}`), name)
  t.same([...actions.keys()].sort(), [...onMachines, ...onPlugins].sort())
  for (const command of onMachines)
    t.match(actions.get(command), { Model: 'machines', RequiredParams: ['virtualbox/id'] }, command)
  for (const command of onPlugins)
    t.match(actions.get(command), { Model: 'plugins', RequiredParams: ['virtualbox/user'] }, command)
  for (const name of ['name', 'cpus', 'disk-size-mb', 'mem-size-mb', 'vram-size-mb', 'id'])
    t.ok(actions.get('createVm')?.OptionalParams.includes(`virtualbox/${name}`), name)
  for (const command of ['startVm', 'stopVm', 'destroyVm'])
    for (const name of ['virtualbox/id', 'virtualbox/name'])
      t.ok(actions.get(command)?.OptionalParams.includes(name), `${command} ${name}`)
  t.end()
})

test('the bundle has the params with their defaults, the stages, and the workflow', (t) => {
  const [, text = '{}'] = /^ {2}params: (.*)$/m.exec(manifest.Content) ?? []
  const params = JSON.parse(text)
  for (const [name, value] of Object.entries({
    cpus: 2,
    'disk-size-mb': 20480,
    'mem-size-mb': 2048,
    'vram-size-mb': 128,
  }))
    t.equal(params[`virtualbox/${name}`].Schema.default, value, name)
  t.match(params['virtualbox/bmc-password'], { Secure: true })
  for (const section of ['stages', 'tasks', 'templates', 'workflows'])
    t.match(manifest.Content, new RegExp(`^ {2}"${section}":$`, 'm'), section)
  for (const name of ['virtualbox-discover', 'virtualbox-other-nics', 'discover-virtualbox'])
    t.match(manifest.Content, new RegExp(`^ {4}"${name}":$`, 'm'), name)
  t.notOk(
    Object.keys(params).some((name) => name.startsWith('ipmi/')),
    'those are defined by the plugin ipmi',
  )
  t.end()
})
