import { cpSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedStore, MemoryStore, openStore, systemClock } from '@powerbus/store'
import { tempFolder, VirtualClock } from '@powerbus/testkit'
import { test } from 'tap'
import type { Commit, OnceClaim } from '../../src/power/coordinator.ts'
import { createPowerEngine } from '../../src/power/power-engine.ts'
import type { LostRequest } from '../../src/power/recover-requests.ts'
import { storeCoordinator } from '../../src/power/store-coordinator.ts'
import { fakeDriver } from './fake-driver.ts'
import { powerContext } from './power-context.ts'

const claim: OnceClaim<string> = {
  requestId: 'one',
  subject: 'powercycle 192.0.2.1:623',
  signal: new AbortController().signal,
  findOut: async ({ operation }) => `found out about ${operation}`,
}
const LOCK_TTL_MS = 1000

/** Two replicas, and a moment in which the one that runs a request stands still for longer than its lock lives. */
function frozen() {
  const clock = new VirtualClock()
  const store = new MemoryStore({ clock })
  const [late, other] = [0, 1].map(() => storeCoordinator(store, { clock, lockTtlMs: LOCK_TTL_MS }))
  if (!late || !other) throw new Error('two replicas')
  const takeOver = async (result: string) => {
    clock.jump(2 * LOCK_TTL_MS)
    return await other.once(claim, async () => result)
  }
  return { clock, store, late, other, takeOver }
}

test('an end that comes after another replica has taken the request over is not recorded', async (t) => {
  const { late, other, takeOver } = frozen()
  const answer = await late.once(claim, async () => {
    t.equal(await takeOver('of the other'), 'of the other')
    return 'of the late one'
  })
  t.equal(answer, 'of the late one')
  const again = async () => t.fail('it is done')
  t.equal(await other.once(claim, again as () => Promise<never>), 'of the other')
})

test('a change that is to be sent after another replica has taken the request over is not sent', async (t) => {
  const { late, other, takeOver } = frozen()
  const sent: string[] = []
  const lost = late.once(claim, async (commit: Commit) => {
    await takeOver('of the other')
    await commit({ operation: 'cycle', turn: 1 })
    sent.push('cycle')
    return 'of the late one'
  })
  await t.rejects(lost, { code: 'LEASE_LOST' })
  t.equal(sent.length, 0)
  const again = async () => t.fail('it is done')
  t.equal(await other.once(claim, again as () => Promise<never>), 'of the other')
})

test('a poweron under a request id makes two durable writes, and what reads makes none', async (t) => {
  const folder = tempFolder(t)
  const store = await EmbeddedStore.open({ folder })
  t.teardown(() => store.close())
  const clock = new VirtualClock()
  const { driver } = fakeDriver({ clock, power: 'off' })
  const coordinator = storeCoordinator(store, { sharesReads: false })
  const engine = createPowerEngine({ clock, coordinator })
  // A batch of the journal is one record, which is synced to the disk once.
  const batches = async () => (await readFile(join(folder, 'journal-0'), 'latin1')).split('\xffPBJ').length - 1
  await engine.power('powerstatus', driver, powerContext('powerstatus', { 'power/request-id': 'status' }))
  t.equal(await batches(), 0)
  await engine.power('poweron', driver, powerContext('poweron', { 'power/request-id': 'on' }))
  t.equal(await batches(), 2, 'before the command is sent, and before it is answered')
  await engine.power('poweron', driver, powerContext('poweron', { 'power/request-id': 'on' }))
  t.equal(await batches(), 2, 'what is asked again is read')
})

/** Of the wall clock at which version 0.1.0 was killed with four requests at their steps: before the send, after it (two), answered. */
const FIXTURE_MS = 1_795_988_901_000

test('requests that version 0.1.0 left in its folder are understood', async (t) => {
  const folder = join(tempFolder(t), 'store')
  cpSync(join(import.meta.dirname, '../fixture/requests-0.1'), folder, { recursive: true })
  const clock = { ...systemClock, dateMs: () => FIXTURE_MS }
  const store = await EmbeddedStore.open({ folder, clock })
  t.teardown(() => store.close())
  const { once, recover } = storeCoordinator(store, { clock })
  const lost: LostRequest[] = []
  const report = async (request: LostRequest) => void lost.push(request)
  await recover({ signal: claim.signal, report })
  t.same(
    new Map(lost.map(({ requestId, outcome }) => [requestId, outcome.kind])),
    new Map([
      ['begun', 'not-sent'],
      ['sent', 'unknown'],
      ['off', 'repeatable'],
    ]),
  )
  const ask = (requestId: string, verb: string) =>
    once<unknown>({ ...claim, requestId, subject: `${verb} /tmp/machine-${requestId}` }, async () => 'run anew')
  t.equal(await ask('begun', 'powercycle'), 'run anew')
  t.equal(await ask('sent', 'powercycle'), 'found out about cycle')
  t.equal(await ask('off', 'poweroff'), 'run anew')
  t.match(await ask('done', 'powercycle'), { Power: 'on', Changed: true, Verified: true })
  await t.rejects(ask('done', 'powerreset'), { code: 'OBJECT_CONFLICT' })
})

test('beside a replica of version 0.1.0 a request runs once, and its end is that of both', async (t) => {
  const store = await openStore({ folder: tempFolder(t) })
  t.teardown(() => store.close())
  // As version 0.1.0 holds a request that it runs: its owner says no subject, and a record is there from the start.
  const owner = { run: 'old-run', replica: 'old' }
  const lock = await store.lock({ key: 'request/one', owner, ttlMs: 1000, waitMs: 0 })
  const record = { subject: claim.subject, ...owner, startedMs: Date.now() }
  await store.set('request/one', { ...record, phase: 'started' }, { fence: lock.fence })
  const again = async () => t.fail('it runs elsewhere')
  const joined = storeCoordinator(store).once(claim, again as () => Promise<never>)
  await store.set('request/one', { ...record, phase: 'done', result: 'of the old one' }, { fence: lock.fence })
  await lock.release()
  t.equal(await joined, 'of the old one')
})
