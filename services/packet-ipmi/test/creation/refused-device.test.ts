import { test } from 'tap'
import { Bench } from '../fixtures/bench.ts'
import type { Trouble } from '../fixtures/fake-cloud.ts'

const MINUTE_MS = 60_000
const READY_MS = 15 * MINUTE_MS

/** A device that is being made, and how its creation ends. */
async function making(prepare: (bench: Bench) => void) {
  const bench = new Bench()
  await bench.configure()
  prepare(bench)
  const startMs = bench.clock.nowMs()
  const { Uuid } = await bench.newMachine()
  const isOver = () => bench.told(Uuid).some((action) => ['ready', 'failed'].includes(action))
  await bench.clock.until(isOver)
  const problem = String(bench.machine(Uuid).Params['packet/problem'] ?? '')
  return { bench, Uuid, problem, tookMs: bench.clock.nowMs() - startMs, isReady: bench.told(Uuid).includes('ready') }
}

test('a device that was moved away ends its creation before the deadline, and its machine says why', async (t) => {
  const { bench, Uuid, problem, tookMs, isReady } = await making(({ cloud }) => void cloud.fates.push('moved'))
  t.notOk(isReady)
  t.match(problem, /failed to provision.*not authorized to view this device/)
  t.ok(tookMs >= bench.cloud.readyMs + 2 * MINUTE_MS, 'not on the evidence of one answer')
  t.ok(tookMs < READY_MS)
  await bench.clock.until(() => bench.told(Uuid).includes('handed-over'))
  t.match((await bench.status()).Deleting, [{ handedOverAtMs: Number }], 'an operator must check it')
  await bench.plugin.stop?.()
})

test('createVm of a device that was moved away fails with what the API says', async (t) => {
  const bench = new Bench()
  await bench.configure()
  bench.cloud.fates.push('moved')
  const startMs = bench.clock.nowMs()
  const error = await bench.clock.run(
    bench.run('createVm', { 'packet/api-key': 'key' }).catch((thrown: unknown) => thrown),
  )
  t.match(error, { code: 'TARGET_STATE', message: /not authorized to view this device/ })
  t.ok(bench.clock.nowMs() - startMs < READY_MS)
  await bench.plugin.stop?.()
})

test('refusals of a device that is in its project, or beside a refused list, prove nothing', async (t) => {
  const cases: Readonly<Record<string, readonly (readonly [Trouble['call'], Trouble['kind'], number])[]>> = {
    'one answer': [['get', 'denied', 1]],
    'some answers': [['get', 'denied', 5]],
    'the list shows it': [['get', 'denied', 9]],
    'the list is refused too': [
      ['get', 'denied', 6],
      ['list', 'denied', 100],
    ],
    'the list is incomplete': [
      ['get', 'denied', 6],
      ['list', 'incomplete', 100],
    ],
  }
  for (const [name, troubles] of Object.entries(cases)) {
    const { bench, isReady, problem } = await making(({ cloud }) => {
      const { create } = cloud
      cloud.create = (...order) => {
        for (const trouble of troubles) cloud.trouble(...trouble)
        return create.apply(cloud, order)
      }
    })
    t.ok(isReady, `${name} ${problem}`)
    t.equal(bench.cloud.there.length, 1, name)
    await bench.plugin.stop?.()
  }
})

test('a few refusals while the list does not show the device yet prove nothing', async (t) => {
  const { bench, isReady } = await making(({ cloud }) => {
    cloud.listedAfterMs = 80_000
    cloud.trouble('get', 'denied', 4)
  })
  t.ok(isReady)
  await bench.plugin.stop?.()
})

test('a creation whose device cannot be read ends at the deadline, whatever the cause', async (t) => {
  for (const kind of ['unreachable', 'denied'] as const) {
    const { bench, Uuid, problem, tookMs, isReady } = await making(({ cloud }) => cloud.trouble('get', kind, 10_000))
    t.notOk(isReady, kind)
    t.ok(tookMs <= READY_MS + 1000, `${kind} ${tookMs}`)
    t.match(problem, /not usable after 15 minutes, and cannot be read/)
    for (const trouble of bench.cloud.troubles) trouble.times = 0
    await bench.clock.until(() => bench.told(Uuid).includes('deleted'))
    t.equal(bench.cloud.there.length, 0, 'its device is deleted once the API answers')
    await bench.plugin.stop?.()
  }
})

test('one failed read after the deadline does not end a creation that another process goes on with', async (t) => {
  const bench = new Bench()
  await bench.configure()
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.told(Uuid).includes('waiting'))
  await bench.plugin.stop?.()
  await bench.clock.pass(60 * MINUTE_MS)
  bench.cloud.trouble('get', 'denied', 1)
  await bench.restart()
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  t.equal(bench.cloud.there.length, 1)
  await bench.plugin.stop?.()
})

test('a create without servers fails at once, with the words of the API on the machine', async (t) => {
  const { bench, problem, tookMs } = await making(({ cloud }) => cloud.trouble('create', 'refused'))
  t.ok(problem !== '')
  t.ok(tookMs < MINUTE_MS)
  t.equal(bench.cloud.there.length, 0)
  await bench.plugin.stop?.()
})
