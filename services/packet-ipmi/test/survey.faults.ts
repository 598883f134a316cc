import { type MetalFault, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { limits, startFaultyCloud } from './fixtures/faulty-cloud.ts'
import { quickTimes } from './fixtures/quick-times.ts'

const ALWAYS = Number.POSITIVE_INFINITY

test('faults of the cloud while devices are listed', { timeout: 390_000 }, async (t) => {
  const { api, drp, status, events, newMachine, settled, surveys, reconfigure } = await startFaultyCloud(t)

  await t.test('empty, partial and failed listings mark and delete no machine, even with packet/prune', async (t) => {
    for (let index = 0; index < 7; index++) await newMachine()
    for (const machine of await drp.machines.list()) await settled(machine)
    const before = await drp.machines.list()
    t.equal(await reconfigure({ 'packet/prune': true }), 200)
    const listings = ['findProjectDevices'] as const
    const faults: readonly MetalFault[] = [
      { effect: { kind: 'emptyListing' } },
      { effect: { kind: 'noNextPage' } },
      { effect: { kind: 'answer', status: 500 }, where: ({ query }) => Number(query.page ?? 1) > 1 },
      { effect: { kind: 'answer', status: 404 } },
      { effect: { kind: 'cutBody' } },
    ]
    for (const fault of faults) {
      const placed = api.faults.add({ ...fault, calls: listings, times: ALWAYS })
      // Over more passes, and more time, than it takes to call a device gone for good.
      await surveys(quickTimes.goneTimes + 2)
      const endMs = performance.now() + 2 * quickTimes.goneMs
      await waitUntil('time to pass', () => performance.now() > endMs, limits)
      t.ok(placed.hits > 0)
      api.faults.clear()
    }
    t.same((await status()).Missing, [])
    const after = await drp.machines.list()
    t.same(
      after.map(({ Uuid }) => Uuid),
      before.map(({ Uuid }) => Uuid),
    )
    t.ok(after.every(({ Params }) => Params['packet/missing'] === undefined))
  })

  await t.test('a device whose 404 comes only now and then keeps its machine', async (t) => {
    const machine = await newMachine()
    const { 'packet/uuid': id } = await settled(machine)
    api.faults.add({ effect: { kind: 'emptyListing' }, calls: ['findProjectDevices'], times: ALWAYS })
    const sometimes = api.faults.add({
      effect: { kind: 'answer', status: 404 },
      calls: ['findDeviceById'],
      where: ({ params }) => params.id === id,
      every: 2,
      times: ALWAYS,
    })
    await waitUntil('ten of them', () => sometimes.hits >= 10, limits)
    api.faults.clear()
    t.match(await drp.machines.get(machine.Uuid), { Params: { 'packet/uuid': id } })
    t.ok(events(machine.Uuid).includes('missing'), 'it was told of')
    await waitUntil(
      'the mark to go',
      async () => !(await drp.machines.get(machine.Uuid)).Params['packet/missing'],
      limits,
    )
  })

  await t.test('a 404 without the words of the API is no evidence', async (t) => {
    const machine = await newMachine()
    const { 'packet/uuid': id } = await settled(machine)
    for (const body of ['<html>404</html>', '', '{}']) {
      const proxy = api.faults.add({
        effect: { kind: 'answer', status: 404, body },
        calls: ['findDeviceById'],
        where: ({ params }) => params.id === id,
        times: ALWAYS,
      })
      api.faults.add({ effect: { kind: 'emptyListing' }, calls: ['findProjectDevices'], times: ALWAYS })
      await waitUntil(`answers ${body}`, () => proxy.hits >= 5, limits)
      api.faults.clear()
    }
    t.match(await drp.machines.get(machine.Uuid), { Params: { 'packet/uuid': id, 'packet/missing': undefined } })
    t.notOk(events(machine.Uuid).includes('missing'))
  })

  await t.test(
    'devices that are gone for good lose their machines one at a time; without packet/prune none',
    async (t) => {
      t.equal(await reconfigure(), 200)
      const gone = [await newMachine(), await newMachine(), await newMachine()]
      for (const machine of gone) await api.removeDevice(String((await settled(machine))['packet/uuid']))
      const uuids = new Set(gone.map(({ Uuid }) => Uuid))
      const left = async () => (await drp.machines.list()).filter(({ Uuid }) => uuids.has(Uuid))
      const isMarked = async () => (await left()).every(({ Params }) => Params['packet/missing'])
      await waitUntil('all to be marked', isMarked, limits)
      await waitUntil('evidence enough', async () => (await status()).Survey?.missing === 3, limits)
      await surveys(6)
      t.equal((await left()).length, 3)

      t.equal(await reconfigure({ 'packet/prune': true }), 200)
      const others = (await drp.machines.list()).length - 3
      const prunedAtOnce = new Set<number>()
      await waitUntil(
        'all to be deleted',
        async () => {
          prunedAtOnce.add((await status()).Survey?.pruned ?? 0)
          return (await left()).length === 0
        },
        limits,
      )
      t.ok(Math.max(...prunedAtOnce) <= 1)
      t.equal((await drp.machines.list()).length, others, 'and no other')
      for (const { Uuid } of gone) t.ok(events(Uuid).includes('pruned'))
    },
  )
})
