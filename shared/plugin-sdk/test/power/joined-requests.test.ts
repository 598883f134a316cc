import { setTimeout as sleep } from 'node:timers/promises'
import { openStore, type Store } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { PowerbusError } from '../../src/errors.ts'
import type { OnceClaim } from '../../src/power/coordinator.ts'
import { JoinedRequests } from '../../src/power/joined-requests.ts'
import { storeCoordinator } from '../../src/power/store-coordinator.ts'

function claimOf(signal: AbortSignal = new AbortController().signal, subject = 'powercycle 192.0.2.1:623') {
  const claim: OnceClaim<string> = { requestId: 'one', subject, signal, findOut: async () => 'found out' }
  return claim
}

async function storeWithReads(t: Test): Promise<{ readonly store: Store; readonly reads: () => number }> {
  const store = await openStore({ folder: tempFolder(t) })
  t.teardown(() => store.close())
  const get = store.get.bind(store)
  let reads = 0
  store.get = (key) => {
    reads += 1
    return get(key)
  }
  return { store, reads: () => reads }
}

test('a hundred who wait for the run of another replica ask the store no more often than one does', async (t) => {
  const { store, reads } = await storeWithReads(t)
  const [one, other] = [storeCoordinator(store), storeCoordinator(store)]
  const running = one.once(claimOf(), async () => {
    await sleep(1000)
    return 'done'
  })
  await sleep(50)
  const before = reads()
  const waiting = Array.from({ length: 100 }, () => other.once(claimOf(), async () => 'twice'))
  t.same(new Set(await Promise.all([running, ...waiting])), new Set(['done']))
  t.ok(reads() - before < 100, `${reads() - before} reads`)
})

test('where the one who looks gives up, the next one goes on, and who gave up is let go', async (t) => {
  const joined = new JoinedRequests()
  const leader = new AbortController()
  const runs: number[] = []
  const ask = (number: number, signal?: AbortSignal) => {
    const claim = claimOf(signal)
    return joined.join(claim, async () => {
      runs.push(number)
      if (number > 0) return `run ${number}`
      await sleep(30_000, undefined, { signal: claim.signal }).catch(() => undefined)
      throw new PowerbusError('DEADLINE_EXCEEDED', 'given up')
    })
  }
  const impatient = new AbortController()
  const first = t.rejects(ask(0, leader.signal), { code: 'DEADLINE_EXCEEDED' })
  const second = t.rejects(ask(1, impatient.signal), { code: 'DEADLINE_EXCEEDED' })
  const others = [ask(2), ask(3)]
  impatient.abort()
  await second
  leader.abort()
  await first
  t.same(await Promise.all(others), ['run 2', 'run 2'])
  t.same(runs, [0, 2])
  t.equal(await ask(4), 'run 4', 'what has ended is not joined')
})

test('a failure is that of all who wait, and another subject is not joined', async (t) => {
  const joined = new JoinedRequests()
  const failing = async () => {
    await sleep(20)
    throw new PowerbusError('TARGET_STATE', 'off')
  }
  const ends = [joined.join(claimOf(), failing), joined.join(claimOf(), async () => 'twice')]
  t.equal(await joined.join(claimOf(undefined, 'poweroff 192.0.2.2:623'), async () => 'by itself'), 'by itself')
  for (const end of ends) await t.rejects(end, { code: 'TARGET_STATE' })
})
