import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis, startTcpRelay, waitUntil, within } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { RedisStore } from '../src/redis/redis-store.ts'

const OUTAGE_MS = 30_000
const COMMAND_MS = 1_000
const LOCK_MS = 6_000
/** Limit for a call during the outage; a call that waited for the connection would take tens of seconds. */
const PROMPT_MS = 8_000

/** A store behind a relay that is disconnected for 30 s in the given way, and a store that stays connected. */
async function outage(t: Test, way: 'silence' | 'reset'): Promise<void> {
  const server = await startRedis(t)
  const relay = await startTcpRelay(t, server.port)
  const open = async (port: number) => {
    const store = await RedisStore.open({ url: `redis://127.0.0.1:${port}`, commandMs: COMMAND_MS })
    t.teardown(() => store.close())
    return store
  }
  const [cutOff, near] = [await open(relay.port), await open(server.port)]
  const held = await cutOff.lock({ key: 'bmc', owner: 'cut off', ttlMs: LOCK_MS, waitMs: 0 })
  await cutOff.set('value', 1)
  const other = await near.lock({ key: 'other', owner: 'near', ttlMs: LOCK_MS, waitMs: 0 })
  const waiting = cutOff.lock({ key: 'other', owner: 'cut off', ttlMs: LOCK_MS, waitMs: 120_000 })
  await sleep(300)
  relay[way]()
  const cutAt = performance.now()
  await t.rejects(cutOff.lock({ key: 'new', owner: 'cut off', ttlMs: LOCK_MS, waitMs: 120_000 }), {
    code: 'STORE_UNAVAILABLE',
  })
  t.ok(performance.now() - cutAt < PROMPT_MS, 'a lock that is asked for in the outage is refused in time')
  await other.release()
  await waitUntil('the loss of the lock', () => held.lost.aborted, { timeoutMs: 3 * LOCK_MS })
  t.throws(() => held.assertHeld(), { code: 'LOCK_LOST' })
  const next = await within(
    'the lock for another',
    near.lock({ key: 'bmc', owner: 'near', ttlMs: LOCK_MS, waitMs: 15_000 }),
    20_000,
  )
  t.ok(next.fence.number > held.fence.number)
  while (performance.now() - cutAt < OUTAGE_MS) {
    const began = performance.now()
    await t.rejects(cutOff.get('value'), { code: 'STORE_UNAVAILABLE' })
    await t.rejects(cutOff.set('value', 2), { code: 'STORE_UNAVAILABLE' })
    t.ok(performance.now() - began < PROMPT_MS, 'a call fails within its time limit')
    await near.set('near', Math.round(performance.now()))
    await sleep(500)
  }
  next.assertHeld()
  relay.restore()
  await waitUntil(
    'the store to be back',
    () =>
      cutOff.get('value').then(
        () => true,
        () => false,
      ),
    { timeoutMs: 20_000 },
  )
  const late = await within('the lock that was waited for', waiting, 20_000)
  late.assertHeld()
  await t.rejects(cutOff.set('bmc', 'late', { fence: held.fence }), { code: 'STORE_FENCED' })
  await t.rejects(cutOff.lock({ key: 'bmc', owner: 'cut off', ttlMs: LOCK_MS, waitMs: 0 }), { code: 'LOCK_HELD' })
  await next.release()
  const again = await cutOff.lock({ key: 'bmc', owner: 'cut off', ttlMs: LOCK_MS, waitMs: 10_000 })
  t.ok(again.fence.number > next.fence.number)
  await Promise.all([again.release(), late.release()])
}

/**
 * Wait of the first renewal for its answer. The lock survives only if the next renewal comes sooner than a third of its
 * time later.
 */
const PATIENT_COMMAND_MS = LOCK_MS / 3

/** Until the first renewal has failed. */
async function shortOutage(t: Test): Promise<void> {
  const server = await startRedis(t)
  const relay = await startTcpRelay(t, server.port)
  const store = await RedisStore.open({ url: `redis://127.0.0.1:${relay.port}`, commandMs: PATIENT_COMMAND_MS })
  t.teardown(() => store.close())
  const held = await store.lock({ key: 'bmc', owner: 'cut off', ttlMs: LOCK_MS, waitMs: 0 })
  const grantedMs = performance.now()
  relay.silence()
  await sleep(LOCK_MS * 0.7)
  relay.restore()
  await sleep(LOCK_MS * 1.2 - (performance.now() - grantedMs))
  held.assertHeld()
  t.equal(await held.release(), true)
}

test('Redis disconnected for 30 s', async (t) => {
  t.jobs = 3
  await Promise.all([
    t.test(
      'by a network that drops all packets: calls fail in time, another caller gets the lock',
      { buffered: true },
      (t) => outage(t, 'silence'),
    ),
    t.test(
      'by a firewall that resets connections: calls fail in time, another caller gets the lock',
      { buffered: true },
      (t) => outage(t, 'reset'),
    ),
    t.test(
      'until after a failed renewal: a lock is kept if its time to live has not passed',
      { buffered: true },
      shortOutage,
    ),
  ])
})
