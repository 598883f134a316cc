import { EmbeddedStore, openStore, type Store } from '@powerbus/store'
import { endScope, openScope, startRedis, type TestScope, tempFolder } from '@powerbus/testkit'
import { Redis } from 'ioredis'
import { type Figures, numberOption, report } from './report.ts'
import { median, percentile95, rounded } from './statistics.ts'

/** Milliseconds of one round of `work`. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function lockAndUnlock(store: Store, key: string): Promise<void> {
  const lock = await store.lock({ key, owner: 'bench', ttlMs: 15_000, waitMs: 1000 })
  await lock.release()
}

/** What a lock without a fence, a line or a check of its owner costs the plain client. */
async function setAndDelete(redis: Redis, key: string): Promise<void> {
  const answer = await redis.set(key, 'bench', 'PX', 15_000, 'NX')
  if (answer !== 'OK') throw new Error(`SET NX answered ${answer}`)
  await redis.del(key)
}

/** Locks and unlocks per second with many at once, each with a key of its own. */
async function perSecond(rounds: number, work: (key: string) => Promise<void>): Promise<number> {
  const workers = 50
  const ms = await timed(() =>
    Promise.all(
      Array.from({ length: workers }, async (_, worker) => {
        for (let round = 0; round < rounds / workers; round += 1) await work(`many-${worker}`)
      }),
    ),
  )
  return (Math.ceil(rounds / workers) * workers * 1000) / ms
}

async function compare(scope: TestScope): Promise<Figures> {
  const rounds = numberOption('rounds', 2000)
  const server = await startRedis(scope)
  const embedded = await EmbeddedStore.open({ folder: tempFolder(scope) })
  scope.teardown(() => embedded.close())
  const store = await openStore({ url: server.url, folder: '' })
  scope.teardown(() => store.close())
  const plain = new Redis(server.url)
  scope.teardown(() => plain.disconnect())
  const runs: { embedded: number; redis: number; plain: number }[] = []
  for (let round = -100; round < rounds; round++) {
    const run = {
      embedded: await timed(() => lockAndUnlock(embedded, 'one')),
      redis: await timed(() => lockAndUnlock(store, 'one')),
      plain: await timed(() => setAndDelete(plain, 'one')),
    }
    // The first ones compile and connect.
    if (round >= 0) runs.push(run)
  }
  const redis = runs.map((run) => run.redis)
  const floor = runs.map((run) => run.plain)
  const manyRedis = await perSecond(rounds * 5, (key) => lockAndUnlock(store, key))
  const manyPlain = await perSecond(rounds * 5, (key) => setAndDelete(plain, key))
  return {
    rounds,
    'embedded ms': rounded(median(runs.map((run) => run.embedded)), 3),
    'Redis ms': rounded(median(redis), 3),
    'Redis ms, 95 of 100 at most': rounded(percentile95(redis), 3),
    'plain SET NX and DEL ms': rounded(median(floor), 3),
    'Redis, times the plain client': rounded(median(redis) / median(floor)),
    'Redis, 50 at once, per second': Math.round(manyRedis),
    'plain, 50 at once, per second': Math.round(manyPlain),
    'plain, 50 at once, times Redis': rounded(manyPlain / manyRedis),
  }
}

await report('lock: a lock and its release, every write synced by Redis', async () => {
  const scope = openScope()
  try {
    return await compare(scope)
  } finally {
    await endScope(scope)
  }
})
