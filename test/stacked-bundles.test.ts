import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeContentBundle } from '@powerbus/drp'
import { builtExecutable, keysOf, launchPlugin, StackedStore, simulatedDrp, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { parse } from 'yaml'
import { knownSecrets } from '../services/endpoint/src/inventory/known-secrets.ts'
import oldBundles from './fixtures/bundle-keys-0.1.json' with { type: 'json' }
import { pluginNames } from './repository.ts'

const POWERBUS = 'powerbus'
const missing = /content bundle powerbus is missing/

function definedBy(plugin: string) {
  const text = execFileSync(builtExecutable(`plugins/${plugin}`), ['define'], { encoding: 'utf8' })
  return JSON.parse(text)
}

/** Bundles of this version: of every plugin, and the content bundle. */
const bundles = new Map(pluginNames.map((name) => [name, decodeContentBundle(parse(definedBy(name).Content))]))
const content = readFileSync(join(import.meta.dirname, '../dist/content/powerbus.yaml'), 'utf8')
bundles.set(POWERBUS, decodeContentBundle(parse(content)))
const keys = new Map(Array.from(bundles, ([name, { sections }]) => [name, keysOf(sections)]))
const keysNow = (name: string) => keys.get(name) ?? {}
const keysBefore: Readonly<Record<string, Parameters<StackedStore['put']>[1]>> = oldBundles

test('a DRP takes all bundles that we ship, in any order', async (t) => {
  t.ok(keys.size > 4)
  for (const names of [[...keys.keys()], [...keys.keys()].reverse()]) {
    const store = new StackedStore()
    for (const name of names) t.doesNotThrow(() => store.put(name, keysNow(name)), name)
  }
})

test('no bundle requires another one, so that no order of uploads is refused', async (t) => {
  for (const [name, { meta }] of bundles) {
    t.notOk(meta.Prerequisites, name)
    t.notOk(meta.RequiredFeatures, name)
  }
})

test('all power params are in the bundle powerbus, and actions still offer them', async (t) => {
  const shared = keysNow(POWERBUS).params ?? []
  t.ok(shared.length > 6)
  t.ok(shared.every((name) => name.startsWith('power/')))
  const offered = new Set<string>()
  for (const name of pluginNames) {
    for (const { OptionalParams } of definedBy(name).AvailableActions) {
      for (const param of OptionalParams) if (param.startsWith('power/')) offered.add(param)
    }
  }
  t.same([...offered].sort(), [...shared].sort())
})

test('the endpoint knows the secure params of all plugins, before they are there', async (t) => {
  const all = [...bundles.values()].flatMap(({ sections }) => Object.values(sections.params))
  const secure = all.filter(({ Secure }) => Secure).map(({ Name }) => Name)
  t.same([...knownSecrets].sort(), secure.sort())
})

test('powerbus content prints what the build wrote', async (t) => {
  const printed = execFileSync(builtExecutable('bin/powerbus'), ['content'], { encoding: 'utf8' })
  t.equal(printed, content)
})

test('the upgrade of a DRP: plugins first, then the bundle; the way back: bundle first, then plugins', async (t) => {
  const store = new StackedStore()
  const before = (name: string) => keysBefore[name] ?? {}
  store.put('ipmi', before('ipmi'))
  store.put('slack', before('slack'))
  t.throws(() => store.put('packet-ipmi', before('packet-ipmi')), /power\//)
  t.throws(() => store.put(POWERBUS, keysNow(POWERBUS)), /layer ipmi/)

  for (const name of ['ipmi', 'slack', POWERBUS, 'packet-ipmi', 'virtualbox-ipmi']) store.put(name, keysNow(name))
  t.ok(store.has('params', 'power/protected'))

  t.throws(() => store.put('ipmi', before('ipmi')), /layer powerbus/)
  store.remove(POWERBUS)
  store.put('ipmi', before('ipmi'))
  t.ok(store.has('params', 'power/protected'))
})

test('a plugin on a DRP without the bundle works with its defaults, and says so once in PluginErrors', async (t) => {
  const store = new StackedStore()
  store.put('ipmi', keysNow('ipmi'))
  const drp = await simulatedDrp(t, store)
  const env = { RS_ENDPOINT: drp.url, RS_TOKEN: 'simulated' }
  const first = await launchPlugin(t, builtExecutable('plugins/ipmi'), { env })
  await first.configure({ Name: 'ipmi' })
  await waitUntil('the line in PluginErrors', () => drp.plugin.PluginErrors.length > 0)
  t.match(drp.plugin.PluginErrors, [missing])
  await first.configure({ Name: 'ipmi' })
  const target = { 'ipmi/address': '127.0.0.1', 'ipmi/mode': 'ipmitool', 'ipmi/username': 'a', 'ipmi/password': 'b' }
  t.match(await first.act('poweroff', { ...target, 'power/protected': true }), { status: 409 })
  await first.post('/api-plugin/v4/stop', {})
  t.equal(drp.patches, 1)

  store.put(POWERBUS, keysNow(POWERBUS))
  const second = await launchPlugin(t, builtExecutable('plugins/ipmi'), { env, again: true })
  await second.configure({ Name: 'ipmi' })
  await waitUntil('the line to go', () => drp.plugin.PluginErrors.length === 0)
  await second.post('/api-plugin/v4/stop', {})
  t.equal(drp.patches, 2)
})
