import { type MetalFault, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { limits, startFaultyCloud } from './fixtures/faulty-cloud.ts'

const ALWAYS = Number.POSITIVE_INFINITY

test('faults of the cloud while devices are made', { timeout: 390_000 }, async (t) => {
  const { api, drp, plugin, status, events, named, newMachine, settled, isOver } = await startFaultyCloud(t)

  const creates = ['createDevice'] as const
  const onCreate: readonly (readonly [string, MetalFault])[] = [
    ['the answer is lost after the device was made', { effect: { kind: 'lostAnswer' } }],
    ['the connection is cut before it was made', { effect: { kind: 'cutBefore' } }],
    ['500', { effect: { kind: 'answer', status: 500 } }],
    ['503 twice', { effect: { kind: 'answer', status: 503 }, times: 2 }],
    ['504 with a page of a proxy', { effect: { kind: 'answer', status: 504, body: '<html>' } }],
    ['the body is cut', { effect: { kind: 'cutBody' } }],
    ['the body is no JSON', { effect: { kind: 'invalidJson' } }],
    ['the body is slow', { effect: { kind: 'slowBody', everyMs: 1 } }],
    ['the body takes longer than a call may', { effect: { kind: 'slowBody', everyMs: 500 } }],
    ['the device is made, and there is no answer', { effect: { kind: 'hang', after: true } }],
    ['429 with a moment', { effect: { kind: 'rateLimit', resetMs: 1000 } }],
    ['429 with seconds', { effect: { kind: 'rateLimit', resetMs: 1000, header: 'retry-after' } }],
  ]
  for (const [name, fault] of onCreate) {
    await t.test(`a create: ${name}: one device in the end`, async (t) => {
      const before = api.counts.created
      const placed = api.faults.add({ ...fault, calls: creates })
      const machine = await newMachine()
      const { 'packet/uuid': id } = await settled(machine)
      await isOver()
      api.faults.clear()
      t.same(
        named(machine.Name).map((device) => device.id),
        [id],
      )
      t.equal(api.counts.created, before + 1, 'and never a second')
      t.equal(placed.hits, fault.times ?? 1)
      t.same(events(machine.Uuid).slice(-1), ['ready'])
    })
  }

  await t.test(
    'a create that comes through when another one was sent leaves no second device unreported',
    async (t) => {
      const held = api.faults.add({ effect: { kind: 'hang' }, calls: creates })
      const machine = await newMachine()
      const { 'packet/uuid': id } = await settled(machine)
      await isOver()
      t.equal(named(machine.Name).length, 1)
      held.release()
      const late = await waitUntil(
        'the late device',
        () => named(machine.Name).find((device) => device.id !== id),
        limits,
      )
      await waitUntil(
        'it to be reported or deleted',
        async () => {
          const isThere = named(machine.Name).some((device) => device.id === late.id)
          return !isThere || JSON.stringify((await status()).Leftovers).includes(late.id)
        },
        limits,
      )
      t.same(events(machine.Uuid).slice(-1), ['handed-over'])
      api.faults.clear()
      await api.removeDevice(late.id)
      await waitUntil('the list to forget it', async () => (await status()).Leftovers.length === 0, limits)
    },
  )

  await t.test('a lost create is not sent again after cut or incomplete listings', async (t) => {
    const before = api.counts.created
    api.faults.add({ effect: { kind: 'lostAnswer' }, calls: creates })
    const bad = ['noNextPage', 'emptyListing', 'invalidJson'] as const
    for (const kind of bad) api.faults.add({ effect: { kind }, calls: ['findProjectDevices'], times: 2 })
    api.faults.add({ effect: { kind: 'answer', status: 500 }, calls: ['findProjectDevices'], times: 2 })
    const machine = await newMachine()
    await settled(machine)
    await isOver()
    api.faults.clear()
    t.equal(api.counts.created, before + 1)
    t.equal(named(machine.Name).length, 1)
  })

  await t.test('a device that never becomes usable is deleted, and packet/problem says why', async (t) => {
    api.destine('stuck')
    const machine = await newMachine()
    t.match(await settled(machine), { 'packet/problem': /provisioning/, 'packet/uuid': undefined })
    await isOver()
    t.same(named(machine.Name), [])
    // The deletion does not wait for the machine's packet/problem.
    t.same(events(machine.Uuid).slice(-2).sort(), ['deleted', 'failed'])
  })

  await t.test('a failed device is deleted, even after a refused deletion', async (t) => {
    api.destine('fails')
    api.faults.add({ effect: { kind: 'answer', status: 422 }, calls: ['deleteDevice'] })
    const machine = await newMachine()
    t.match(await settled(machine), { 'packet/problem': /fail/ })
    await isOver()
    t.same(named(machine.Name), [])
    t.ok(events(machine.Uuid).includes('handed-over'), 'while it costs money somebody knows')
  })

  await t.test('a device with address and MACs is usable before it is active', async (t) => {
    api.destine('slow')
    const machine = await newMachine()
    const { 'packet/uuid': id } = await settled(machine)
    t.same(
      named(machine.Name).map((device) => device.id),
      [id],
    )
  })

  await t.test('a device that another client deletes during its creation is reported', async (t) => {
    api.destine('stuck')
    const machine = await newMachine()
    await waitUntil('the device', () => named(machine.Name).length > 0, limits)
    const [device] = named(machine.Name)
    if (device) await api.removeDevice(device.id)
    t.match(await settled(machine), { 'packet/problem': /deleted by another client/, 'packet/uuid': undefined })
    await isOver()
    api.faults.clear()
    t.same(named(machine.Name), [])
  })

  await t.test('a machine that is deleted during its creation leaves no device', async (t) => {
    api.destine('stuck')
    const machine = await newMachine()
    await waitUntil('the device', () => named(machine.Name).length > 0, limits)
    await drp.machines.delete(machine.Uuid)
    await waitUntil('the device to be gone', () => named(machine.Name).length === 0, limits)
    await isOver()
    t.same(named(machine.Name), [])
  })

  await t.test('config refuses a wrong key at once, and creations wait for the right one', async (t) => {
    const wrong = api.faults.add({ effect: { kind: 'answer', status: 401 }, times: ALWAYS })
    const machine = await newMachine()
    await waitUntil('it to be tried', () => wrong.hits > 0, limits)
    const { status: code } = await plugin.action({
      Model: {},
      Plugin: 'packet-ipmi',
      Command: 'powerstatus',
      CommandSet: '',
      Params: { 'packet/uuid': machine.Uuid },
    })
    t.equal(code, 409)
    api.faults.clear()
    t.ok((await settled(machine))['packet/uuid'])
    await isOver()
  })
})
