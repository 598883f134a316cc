import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { coordinateActions } from '../../src/host/action-coordination.ts'

const options = { instance: 'one', onNotice: () => undefined }

test('POWERBUS_LOCK_SECONDS that are none are named when a plugin starts', async (t) => {
  for (const text of ['0', '601', 'soon', '-5', 'NaN']) {
    const env = { POWERBUS_LOCK_SECONDS: text }
    await t.rejects(coordinateActions({ ...options, env, folder: tempFolder(t) }), /POWERBUS_LOCK_SECONDS/, text)
  }
})

test('a lock outlives its holder by POWERBUS_LOCK_SECONDS, and no longer', async (t) => {
  const env = { POWERBUS_LOCK_SECONDS: '1' }
  const { coordinator, store, close } = await coordinateActions({ ...options, env, folder: tempFolder(t) })
  t.teardown(close)
  const claim = {
    key: '192.0.2.1:623',
    holder: { command: 'poweroff', requestId: 'a' },
    waitMs: 0,
    signal: new AbortController().signal,
  }
  const held = { key: 'bmc/{192.0.2.1:623}', owner: 'somebody', ttlMs: 100, waitMs: 0 }
  await coordinator.hold(claim, async (lease) => {
    // The process stands still, so that nothing is renewed.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_200)
    t.throws(() => lease.assertHeld(), { code: 'LEASE_LOST' })
    await t.resolves(store?.lock(held).then((lock) => lock.release()) ?? Promise.reject(new Error('no store')))
  })
})
