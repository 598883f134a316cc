import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { TokenSigner } from '../../src/auth/token-signer.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

const key = Buffer.alloc(32, 7)
const inADay = Math.floor(Date.now() / 1000) + 86_400

test('tokens of a version without records work, are listed as one, and are revoked together with all below', async (t) => {
  const stateDir = join(tempFolder(t), 'state')
  mkdirSync(stateDir, { mode: 0o700 })
  // What that version wrote: the signing key, a plugin with the id of its token, and one of a plugin that was removed.
  const store = await openStore({ folder: join(stateDir, 'store') })
  await store.set('auth/token-key', key.toString('base64'))
  await store.set('auth/plugin/demo', 'id-of-demo')
  await store.set('auth/plugin/gone', 'id-of-gone')
  await store.set('plugins/demo', { Name: 'demo', Provider: 'demo', Params: {}, Meta: {} })
  await store.close()
  const signer = new TokenSigner(key)
  const older = signer.sign({ kind: 'user', name: 'powerbus', id: '', expiresAt: inADay })
  const demo = signer.sign({ kind: 'plugin', name: 'demo', id: 'id-of-demo', expiresAt: 0 })
  const gone = signer.sign({ kind: 'plugin', name: 'gone', id: 'id-of-gone', expiresAt: 0 })
  const first = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder), { stateDir })
  const status = async (token: string, { call } = first) => (await call('GET', 'info', { token })).status
  t.equal(await status(older), 200)
  t.equal(await status(demo), 200)
  t.equal(await status(gone), 401, 'its plugin object is gone')
  const child = (await first.call('GET', 'users/powerbus/token?ttl=86000', { token: older })).body
  t.ok(Date.parse(child.Info.Expires) <= Date.now() + 8 * 3_600_000, 'it begins a chain of 8 hours')
  const long = { token: older, body: { Name: 'x', Ttl: 86_000 } }
  t.equal((await first.call('POST', 'tokens', long)).status, 403)
  const listed = (await first.call('GET', 'tokens')).body
  t.match(
    listed.find(({ Id }: { Id: string }) => Id === 'older-version'),
    { Role: 'admin', Scope: 'all', LastUsed: /^20/ },
  )
  t.equal((await first.call('DELETE', 'tokens/current', { token: older })).status, 409, 'it would log out others too')
  t.equal((await first.call('DELETE', 'tokens/older-version')).status, 200)
  for (const token of [older, child.Token]) t.equal(await status(token), 401)
  await first.stop()
  const second = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder), { stateDir })
  t.equal(await status(older, second), 401, 'for good')
  t.equal(await status(demo, second), 200)
})

test('an endpoint that began with records takes no token without one', async (t) => {
  const first = await startTestEndpoint(t)
  await first.stop()
  const store = await openStore({ folder: join(first.stateDir, 'store') })
  const own = new TokenSigner(Buffer.from(String(await store.get('auth/token-key')), 'base64'))
  await store.close()
  const token = own.sign({ kind: 'user', name: 'powerbus', id: '', expiresAt: inADay })
  const second = await startTestEndpoint(t, undefined, { stateDir: first.stateDir })
  t.equal((await second.call('GET', 'info', { token })).status, 401)
})
