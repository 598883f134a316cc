import { MemoryStore, openStore, StoreError } from '@powerbus/store'
import { tempFolder, VirtualClock } from '@powerbus/testkit'
import { test } from 'tap'
import { PowerbusError } from '../../src/errors.ts'
import type { OnceClaim } from '../../src/power/coordinator.ts'
import { storeCoordinator } from '../../src/power/store-coordinator.ts'

const claim: OnceClaim<string> = {
  requestId: 'one',
  subject: 'powercycle 192.0.2.1:623',
  signal: new AbortController().signal,
  findOut: async ({ operation }) => `found out about ${operation}`,
}

for (const code of ['STORE_UNAVAILABLE', 'LEASE_LOST', 'SHUTTING_DOWN'] as const) {
  test(`after ${code} in the middle of a change the same request goes on`, async (t) => {
    const store = await openStore({ folder: tempFolder(t) })
    t.teardown(() => store.close())
    const { once } = storeCoordinator(store)
    const repeatable = { ...claim, requestId: 'repeatable' }
    const cutShort = async (sent: Parameters<Parameters<typeof once>[1]>[0]) => {
      await sent()
      throw new PowerbusError(code, 'gone')
    }
    await t.rejects(once(repeatable, cutShort), { code })
    t.equal(await once(repeatable, async () => 'done'), 'done', 'what may be repeated is done again')
    await t.rejects(
      once(claim, async (commit) => {
        await commit({ operation: 'cycle', turn: 1 })
        throw new PowerbusError(code, 'gone')
      }),
      { code },
    )
    const again = async () => t.fail('it may have been done')
    for (const time of ['first', 'second']) {
      t.equal(await once(claim, again as () => Promise<never>), 'found out about cycle', `asked a ${time} time`)
    }
  })
}

test('any other failure after a change is the end of the request', async (t) => {
  const store = await openStore({ folder: tempFolder(t) })
  t.teardown(() => store.close())
  const { once } = storeCoordinator(store)
  const fail = async (commit: () => Promise<void>): Promise<string> => {
    await commit()
    throw new PowerbusError('TARGET_TIMEOUT', 'it is not on')
  }
  for (let time = 0; time < 2; time += 1) await t.rejects(once(claim, fail), { code: 'TARGET_TIMEOUT' })
})

test('what a request sends while it finds out what came of it is recorded as sent in its new turn', async (t) => {
  const store = await openStore({ folder: tempFolder(t) })
  t.teardown(() => store.close())
  const { once } = storeCoordinator(store)
  const found: unknown[] = []
  const dying = (turn: number): OnceClaim<string> => ({
    ...claim,
    async findOut(sent, commit) {
      found.push(sent)
      await commit()
      await commit({ operation: 'on', turn })
      throw new PowerbusError('SHUTTING_DOWN', 'gone')
    },
  })
  const first = once(dying(2), async (commit) => {
    await commit({ operation: 'on', turn: 1 })
    throw new PowerbusError('SHUTTING_DOWN', 'gone')
  })
  await t.rejects(first, { code: 'SHUTTING_DOWN' })
  const again = async () => 'begun anew'
  for (const turn of [2, 3]) await t.rejects(once(dying(turn), again), { code: 'SHUTTING_DOWN' })
  t.same(found, [
    { operation: 'on', turn: 1 },
    { operation: 'on', turn: 2 },
  ])
})

test('an answer waits a second for its record, which goes on being tried until the store takes it', async (t) => {
  const clock = new VirtualClock()
  const store = new MemoryStore({ clock })
  let isFull = true
  const { set } = store
  store.set = async (key, value, options) => {
    if (isFull && (value as { phase?: string }).phase === 'done') throw new StoreError('STORE_UNAVAILABLE', 'full')
    await set.call(store, key, value, options)
  }
  const { once } = storeCoordinator(store, { clock })
  const begunMs = clock.nowMs()
  const first = once(claim, async (commit) => {
    await commit()
    return 'first'
  })
  t.equal(await clock.run(first), 'first')
  t.ok(clock.nowMs() - begunMs <= 1000, `${clock.nowMs() - begunMs} ms`)
  isFull = false
  await clock.run(clock.sleep(1000))
  t.equal(await clock.run(once(claim, async () => 'second')), 'first')
})
