import { cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EmbeddedStore } from '@powerbus/store'
import { type TestScope, tempFolder } from '@powerbus/testkit'
import tap, { type Test, test } from 'tap'
import type { EndpointOptions } from '../src/endpoint-options.ts'
import { writeFixturePlugin } from './fixtures/fixture-plugin.ts'
import { startTestEndpoint } from './fixtures/running-endpoint.ts'

const KEY = 'secure-params.key'
const prepare = (pluginDir: string) => writeFixturePlugin(pluginDir)

/** A state folder with a machine that has a secure param and another one. */
async function usedState(t: TestScope): Promise<string> {
  const { call, stop, stateDir } = await startTestEndpoint(t, prepare)
  await call('POST', 'machines', { body: { Name: 'node-01', Params: { 'demo/password': 'hunter2', colour: 'red' } } })
  await stop()
  return stateDir
}

/** A copy of the folder, changed. */
function changed(t: Test, stateDir: string, change: (path: (name: string) => string) => void): string {
  const copy = join(tempFolder(t), 'state')
  cpSync(stateDir, copy, { recursive: true })
  change((name) => join(copy, name))
  return copy
}

/** Each test takes copies of it. */
const used = await usedState(tap)

const whole = (t: Test) => changed(t, used, () => undefined)

const start = (t: Test, stateDir: string, options: Partial<EndpointOptions> = {}) =>
  startTestEndpoint(t, prepare, { stateDir, ...options })

test('a key that is missing, foreign or damaged is refused by name, and nothing is made in its place', async (t) => {
  const missing = changed(t, used, (path) => rmSync(path(KEY)))
  await t.rejects(start(t, missing), { code: 'STORE_CORRUPT', message: /secure-params\.key is missing, .*restore it/ })
  t.throws(() => statSync(join(missing, KEY)), { code: 'ENOENT' })
  const foreign = changed(t, used, (path) => writeFileSync(path(KEY), Buffer.alloc(32, 7)))
  await t.rejects(start(t, foreign), { code: 'STORE_CORRUPT', message: /secure-params\.key is another key/ })
  for (const bytes of [0, 31]) {
    const short = changed(t, used, (path) => truncateSync(path(KEY), bytes))
    await t.rejects(start(t, short), { message: /secure-params\.key is no key of 32 bytes/ })
  }
  const { call } = await start(t, whole(t))
  t.same((await call('GET', 'machines/Name:node-01/params/demo/password?decode=true')).body, 'hunter2')
})

test('a store of an earlier version, which has no note of its key, needs the right key too', async (t) => {
  const earlier = whole(t)
  const store = await EmbeddedStore.open({ folder: join(earlier, 'store') })
  t.ok(await store.delete('inventory/seal-key'))
  await store.close()
  await t.rejects(
    start(
      t,
      changed(t, earlier, (path) => rmSync(path(KEY))),
    ),
    { message: /is missing/ },
  )
  const foreign = changed(t, earlier, (path) => writeFileSync(path(KEY), Buffer.alloc(32, 7)))
  await t.rejects(start(t, foreign), { message: /is another key/ })
  for (let starts = 0; starts < 2; starts++) await (await start(t, earlier)).stop()
})

test('where the key is lost, the secure params are removed if asked, and no others', async (t) => {
  const lost = changed(t, used, (path) => rmSync(path(KEY)))
  const { call, logged, stop } = await start(t, lost, { forgetSecureParams: true })
  t.strictSame((await call('GET', 'machines/Name:node-01/params')).body, { colour: 'red' })
  t.ok(logged.find(({ params, msg }) => params === 1 && /secure params were removed/.test(String(msg))))
  await call('POST', 'machines/Name:node-01/params/demo/password', { body: '"new"' })
  await stop()
  const again = await start(t, lost)
  t.same((await again.call('GET', 'machines/Name:node-01/params/demo/password?decode=true')).body, 'new')
})

test('a store that was emptied is refused, and not taken for a first start', async (t) => {
  const emptied = changed(t, used, (path) => truncateSync(path('store/journal-0'), 0))
  const wasEmptied = { code: 'STORE_CORRUPT', message: /journal-0 was emptied, and acknowledged writes were in it/ }
  await t.rejects(start(t, emptied), wasEmptied)
  await t.rejects(start(t, emptied), wasEmptied, 'also at the second try')
  const message = /store has nothing in it, but the state folder .* was used before: restore/
  const gone = changed(t, used, (path) => rmSync(path('store'), { recursive: true }))
  await t.rejects(start(t, gone), { message })
})

test('a damaged certificate is refused, and neither used nor replaced', async (t) => {
  const pem = readFileSync(join(used, 'tls.pem'), 'utf8')
  const other = readFileSync(join(await usedState(t), 'tls.pem'), 'utf8')
  const keyOf = (text: string) => text.slice(0, text.indexOf('-----BEGIN CERTIFICATE'))
  const damaged = ['', 'x', pem.slice(0, 200), keyOf(pem), pem.slice(keyOf(pem).length), pem.replace(/MII/, 'MIX')]
  for (const text of [...damaged, keyOf(other) + pem.slice(keyOf(pem).length)]) {
    const stateDir = changed(t, used, (path) => writeFileSync(path('tls.pem'), text))
    await t.rejects(start(t, stateDir), { message: /tls\.pem is damaged: restore it from a backup, or remove it/ })
    t.equal(readFileSync(join(stateDir, 'tls.pem'), 'utf8'), text)
  }
})

test('a certificate that lacks the address is replaced, and the log says so', async (t) => {
  const { endpoint, logged } = await start(t, whole(t), { address: '127.0.0.2' })
  const line = logged.find(({ msg }) => /tls\.pem was replaced, since it was not for 127\.0\.0\.2/.test(String(msg)))
  t.equal(line?.fingerprint, endpoint.fingerprint)
})
