import { DrpClient } from '@powerbus/drp'
import { StackedStore, simulatedDrp, type TestScope, VirtualClock, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { defineParam, powerParams } from '../../src/index.ts'
import { type BundleNoticeOptions, bundleNotice, noticeMissingBundle } from '../../src/listen/bundle-notice.ts'

const own = defineParam({ name: 'demo/x', description: 'X', schema: { type: 'string' } })
const powered = { params: [], actions: [], extraParams: [own, ...powerParams] }
const names = powerParams.map(({ name }) => name)

interface NoticeOptions {
  readonly params?: readonly string[]
  readonly token?: string
  readonly plugin?: BundleNoticeOptions['plugin']
}

async function notice(scope: TestScope, { params = [], token = 'simulated', plugin = powered }: NoticeOptions = {}) {
  const store = new StackedStore()
  store.put('powerbus', { params })
  const drp = await simulatedDrp(scope, store)
  const client = new DrpClient({ endpoint: drp.url, token })
  const clock = new VirtualClock()
  const stop = new AbortController()
  const warnings: string[] = []
  const ended = noticeMissingBundle({
    plugin,
    name: () => 'ipmi',
    endpoint: { api: () => client },
    log: { warn: (text) => void warnings.push(text), debug: () => undefined },
    signal: stop.signal,
    clock,
  })
  const end = async () => {
    stop.abort()
    await ended
    await client.close()
  }
  scope.teardown(end)
  /** Waits until it has looked, and lets the minute to the next look pass. */
  const looked = () => waitUntil('the pause after a look', () => clock.pending === 1)
  const lookAgain = async () => {
    await looked()
    await clock.pass(60_000)
    await looked()
  }
  return { store, drp, ended, warnings, end, looked, lookAgain, clock }
}

test('the line comes once while the bundle is missing, and goes when the bundle is there', async (t) => {
  const { drp, store, warnings, looked, lookAgain, clock, ended } = await notice(t)
  await looked()
  t.same(drp.plugin.PluginErrors, [bundleNotice])
  t.same(warnings, [bundleNotice])

  // An operator who removed the line does not get it again.
  drp.plugin.PluginErrors = ['other']
  await lookAgain()
  t.same(drp.plugin.PluginErrors, ['other'])
  t.equal(drp.patches, 1)
  t.equal(warnings.length, 1)

  drp.plugin.PluginErrors = ['other', bundleNotice]
  store.put('powerbus', { params: names })
  await clock.pass(60_000)
  await ended
  t.same(drp.plugin.PluginErrors, ['other'])
})

test('a bundle of an older version, which lacks one param, counts as missing', async (t) => {
  const { drp, looked } = await notice(t, { params: names.slice(0, -1) })
  await looked()
  t.same(drp.plugin.PluginErrors, [bundleNotice])
})

test('nothing is written where the bundle is there', async (t) => {
  const { drp, ended } = await notice(t, { params: names })
  await ended
  t.equal(drp.patches, 0)
})

test('a plugin without shared params asks nothing', async (t) => {
  const { drp, ended } = await notice(t, { plugin: { ...powered, extraParams: [own] } })
  await ended
  t.equal(drp.requests, 0)
})

test('nothing is written while the API does not say whether the bundle is there', async (t) => {
  const { drp, lookAgain, warnings, end } = await notice(t, { token: 'other' })
  await lookAgain()
  t.equal(drp.requests, 2)
  await end()
  t.same(drp.plugin.PluginErrors, [])
  t.same(warnings, [])
})
