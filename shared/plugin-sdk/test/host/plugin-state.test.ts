import { join } from 'node:path'
import { EmbeddedStore } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { PluginState } from '../../src/host/plugin-state.ts'
import { builtDemo, call, launch } from '../fixture/launched-plugin.ts'

function stateIn(t: Test, folder: string | undefined, store?: EmbeddedStore): PluginState {
  const state = new PluginState({ prefix: () => 'demo/one', folder, store, onNotice: () => undefined })
  t.teardown(() => state.close())
  return state
}

test('the folder is opened on first use, once, and its keys are there again the next time', async (t) => {
  const folder = tempFolder(t)
  const first = stateIn(t, folder)
  t.equal(await first.open(), await first.open())
  await (await first.open()).set('seen', 1)
  await first.close()
  t.equal(await (await stateIn(t, folder).open()).get('seen'), 1)
})

test('a folder that an ending process still has is waited for', async (t) => {
  const folder = tempFolder(t)
  const ending = await EmbeddedStore.open({ folder: join(folder, 'plugin') })
  const opening = stateIn(t, folder).open()
  t.equal(await Promise.race([opening, new Promise((done) => setTimeout(done, 400, 'waits'))]), 'waits')
  await ending.close()
  t.equal(await (await opening).get('nothing'), undefined)
})

test('a store that is shared is used under the name of provider and plugin, and left open', async (t) => {
  const shared = await EmbeddedStore.open({ folder: tempFolder(t) })
  t.teardown(() => shared.close())
  const state = stateIn(t, undefined, shared)
  await (await state.open()).set('seen', 1)
  await state.close()
  t.equal(await shared.get('demo/one/seen'), 1)
})

test('with neither a folder nor a Redis it says what to give', async (t) => {
  await t.rejects(stateIn(t, undefined).open(), { code: 'STORE_UNAVAILABLE', message: /--state/ })
})

test('what an action kept is there after kill -9 and a restart', async (t) => {
  const { folder, executable } = await builtDemo(t)
  const environment = { RS_TOKEN: 'token', POWERBUS_STATE: join(folder, 'kept') }
  const to = join(folder, 'to')
  const ask = async () =>
    (await call(to, '/api-plugin/v4/action', { Model: {}, Plugin: 'demo', Command: 'count', Params: {} })).body
  const killed = await launch(t, executable, [to, join(folder, 'from')], environment)
  t.same(await ask(), { asked: 1 })
  t.same(await ask(), { asked: 2 })
  killed.child.kill('SIGKILL')
  await killed.ended
  await launch(t, executable, [to, join(folder, 'from')], environment)
  t.same(await ask(), { asked: 3 })
})
