import { tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { EmbeddedStore, prefixedStore, type Store } from '../src/index.ts'

async function keysOf(store: Store, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.scan(prefix)) keys.push(key)
  return keys.sort()
}

async function twoViews(t: Test) {
  const store = await EmbeddedStore.open({ folder: tempFolder(t) })
  t.teardown(() => store.close())
  return { store, slack: prefixedStore(store, 'slack/'), other: prefixedStore(store, 'other/') }
}

test('a view has only the keys of its prefix, without the prefix', async (t) => {
  const { store, slack, other } = await twoViews(t)
  await slack.set('queue/1', 'a')
  await other.set('queue/1', 'b')
  t.equal(await slack.get('queue/1'), 'a')
  t.same(await keysOf(slack), ['queue/1'])
  t.same(await keysOf(slack, 'queue/'), ['queue/1'])
  t.equal(await store.get('slack/queue/1'), 'a')
  t.ok(await slack.compareAndSet('queue/1', 'a', 'c'))
  t.notOk(await slack.compareAndSet('queue/2', 'a', 'c'))
  t.ok(await slack.delete('queue/1'))
  t.same(await keysOf(slack), [])
  t.same(await keysOf(other), ['queue/1'])
})

test('locks and slots of two views are independent', async (t) => {
  const { slack, other } = await twoViews(t)
  const request = { key: 'sender', owner: 'me', ttlMs: 1000, waitMs: 0 }
  const lock = await slack.lock(request)
  t.ok(await (await other.lock(request)).release())
  await t.rejects(slack.lock(request), { code: 'LOCK_HELD' })
  t.equal(await slack.takeSlot('pace', 60_000), 0)
  t.equal(await other.takeSlot('pace', 60_000), 0)
  t.ok((await slack.takeSlot('pace', 60_000)) > 0)
  await lock.release()
})

test('a view too refuses a write with an old fence', async (t) => {
  const { slack } = await twoViews(t)
  const request = { key: 'sender', owner: 'me', ttlMs: 1000, waitMs: 0 }
  const first = await slack.lock(request)
  await slack.set('sender', 1, { fence: first.fence })
  await first.release()
  const second = await slack.lock(request)
  await slack.set('sender', 2, { fence: second.fence })
  await t.rejects(slack.set('sender', 3, { fence: first.fence }), { code: 'STORE_FENCED' })
  t.equal(await slack.get('sender'), 2)
  await second.release()
})

test('closing a view leaves the store open', async (t) => {
  const { slack, other } = await twoViews(t)
  await slack.close()
  await other.set('still', 'there')
  t.equal(await other.get('still'), 'there')
})
