import { test } from 'tap'
import type { CreateVmResult } from '../../src/actions/vm-actions.ts'
import { Bench } from '../fixtures/bench.ts'
import { unlessDead } from '../fixtures/doom.ts'
import { machine, oneDevice } from '../fixtures/one-device.ts'

const MINUTE_MS = 60_000

test('power verbs send a request only if the device is in another state', async (t) => {
  const { bench: b, id, sent } = await oneDevice()
  const run = (name: string) => b.clock.run(b.run(name, machine(id)))
  t.match(await run('powerstatus'), { Power: 'on', Changed: false })
  t.match(await run('poweron'), { Power: 'on', Changed: false, Attempts: 0 })
  t.match(await run('poweroff'), { Power: 'off', Changed: true, Verified: true })
  t.match(await run('poweroff'), { Power: 'off', Changed: false })
  t.match(await run('powercycle'), { Power: 'on', Changed: true, Verified: true })
  t.match(await run('powercycle'), { Power: 'on', Changed: true, Verified: true })
  t.match(await run('rescue'), { Power: 'on', Changed: true })
  t.strictSame(sent(), ['off', 'on', 'reboot', 'rescue'])
  await b.plugin.stop?.()
})

test('the events of the device prove a reboot whose answer was lost; it is not sent again', async (t) => {
  const { bench: b, id, sent } = await oneDevice()
  b.cloud.trouble('power', 'lost')
  t.match(await b.clock.run(b.run('powercycle', machine(id))), { Power: 'on', Changed: true, Verified: true })
  t.strictSame(sent(), ['reboot'])
  await b.plugin.stop?.()
})

test('power/protected refuses commands that take the machine down, and a dry run sends nothing', async (t) => {
  const { bench: b, id, sent } = await oneDevice()
  for (const name of ['poweroff', 'powercycle', 'rescue'])
    await t.rejects(b.run(name, { ...machine(id), 'power/protected': true }), { code: 'TARGET_PROTECTED' }, name)
  for (const name of [
    'poweron',
    'poweroff',
    'powercycle',
    'powerstatus',
    'rescue',
    'nextbootpxe',
    'nextbootdisk',
    'updatepxe',
  ])
    t.match(await b.run(name, { ...machine(id), 'power/dry-run': true }), { DryRun: true, Command: name }, name)
  t.strictSame(sent(), [])
  await b.plugin.stop?.()
})

test('power commands throw OBJECT_UNKNOWN for a device that is gone and TARGET_STATE for one that is being made', async (t) => {
  const { bench: b } = await oneDevice()
  await t.rejects(b.clock.run(b.run('powerstatus', machine('nowhere'))), { code: 'OBJECT_UNKNOWN' })
  await b.newMachine()
  await b.clock.until(() => b.cloud.made.length === 2)
  await t.rejects(b.clock.run(b.run('poweroff', machine(b.cloud.made[1]?.id ?? ''))), { code: 'TARGET_STATE' })
  await t.rejects(b.run('poweron', machine(' ')), { code: 'PARAM_MISSING', message: /packet\/uuid/ })
  await b.plugin.stop?.()
})

const key = { 'packet/api-key': 'key' }

test('createVm makes a device and its machine, and returns the progress', async (t) => {
  const { bench: b } = await oneDevice()
  const params = { ...key, 'packet/name': 'vm-1', 'packet/plan': 'big', 'packet/metro': 'sv', 'power/request-id': 'r1' }
  const result = await b.clock.run(b.run('createVm', params))
  t.match(result, {
    Name: 'vm-1',
    DeviceId: b.cloud.made[1]?.id,
    Progress: [{ Phase: 'planned' }, { Phase: 'sending' }],
  })
  const [made] = [...b.machines.all.values()]
  t.match(made, {
    Name: 'vm-1',
    Address: '198.51.100.2',
    Profiles: ['packet-console'],
    Params: { 'packet/uuid': b.cloud.made[1]?.id },
  })
  t.match(b.cloud.made[1]?.spec, { plan: 'big', metro: 'sv', projectId: 'project' })
  t.strictSame(await b.clock.run(b.run('createVm', params)), result)
  t.equal(b.cloud.made.length, 2)
  if (made) await b.event('create', made)
  await b.clock.pass(10 * MINUTE_MS)
  t.equal(b.cloud.made.length, 2)
  await b.plugin.stop?.()
})

test("createVm returns the machine's real name if the wanted one was taken", async (t) => {
  for (const dies of [false, true]) {
    const { bench: b } = await oneDevice()
    b.machines.add({ Name: 'vm' })
    const params = { ...key, 'packet/name': 'vm', 'power/request-id': 'r1' }
    if (dies) {
      const answer = b.run('createVm', params)
      const create = b.machines.create.bind(b.machines)
      b.machines.create = async (asked) => {
        const made = await create(asked)
        b.doom.die()
        return made
      }
      await b.clock.until(() => b.doom.isDead)
      await b.clock.run(unlessDead(answer))
      await b.restart()
    }
    const result = (await b.clock.run(b.run('createVm', params))) as CreateVmResult
    t.not(result.Name, 'vm')
    t.equal(b.machine(result.Uuid).Name, result.Name)
    const ready = b.published.find(({ Action, Key }) => Action === 'ready' && Key === result.Uuid)
    t.match(ready?.Object, { Machine: { Uuid: result.Uuid, Name: result.Name } })
    await b.plugin.stop?.()
  }
})

test('createVm throws the failure once its device is deleted', async (t) => {
  const { bench: b } = await oneDevice()
  b.cloud.fates.push('fails')
  await t.rejects(b.clock.run(b.run('createVm', key)), { code: 'TARGET_STATE', message: /deleted/ })
  t.equal(b.cloud.there.length, 1)
  b.cloud.trouble('create', 'refused')
  await t.rejects(b.clock.run(b.run('createVm', key)), { code: 'TARGET_STATE' })
  b.cloud.fates.push('undeletable')
  const failure = await b.clock.run(b.run('createVm', key)).catch((error: unknown) => error)
  t.match(failure, { code: 'TARGET_TIMEOUT', message: new RegExp(b.cloud.made[2]?.id ?? 'none') })
  await b.plugin.stop?.()
})

test('createVm goes on after its caller has left', async (t) => {
  const { bench: b } = await oneDevice()
  const asked = new AbortController()
  const answer = b.run('createVm', { ...key, 'packet/name': 'vm' }, asked.signal)
  await b.clock.pass(1000)
  asked.abort()
  await t.rejects(answer, { code: 'DEADLINE_EXCEEDED' })
  await b.clock.pass(5 * MINUTE_MS)
  t.match([...b.machines.all.values()], [{ Name: 'vm' }])
  await b.plugin.stop?.()
})

test('destroyVm ends when the API says that the device is gone', async (t) => {
  const { bench: b, id } = await oneDevice()
  b.cloud.trouble('delete', 'lost', 2)
  t.match(await b.clock.run(b.run('destroyVm', { ...key, 'packet/uuid': id })), { DeviceId: id, Deleted: true })
  t.equal(b.cloud.there.length, 0)
  await b.plugin.stop?.()
})

test('destroyVm throws OBJECT_UNKNOWN for a device that the cloud does not have', async (t) => {
  const { bench: b, id } = await oneDevice()
  b.cloud.vanish(id)
  for (const uuid of [id, '00000000-0000-4000-8000-00000000beef'])
    await t.rejects(b.run('destroyVm', { ...key, 'packet/uuid': uuid }), { code: 'OBJECT_UNKNOWN' })
  t.notOk(b.cloud.calls.includes('delete'))
  await b.plugin.stop?.()
})

test('destroyVm and stopVm refuse a device whose machine has power/protected', async (t) => {
  const { bench: b, id, sent } = await oneDevice()
  b.machines.add({ Params: { 'packet/uuid': id, 'power/protected': true } })
  for (const name of ['destroyVm', 'stopVm'])
    await t.rejects(b.run(name, { ...key, 'packet/uuid': id }), { code: 'TARGET_PROTECTED' }, name)
  await t.rejects(b.run('destroyVm', { ...key, 'packet/uuid': id, 'power/protected': true }), {
    code: 'TARGET_PROTECTED',
  })
  t.match(await b.run('destroyVm', { ...key, 'packet/uuid': id, 'power/dry-run': true }), { DryRun: true })
  t.match(await b.run('createVm', { ...key, 'power/dry-run': true }), { DryRun: true })
  t.strictSame(sent(), [])
  await b.plugin.stop?.()
})

test('startVm and stopVm power the device packet/uuid', async (t) => {
  const { bench: b, id } = await oneDevice()
  const params = { ...key, ...machine(id) }
  t.match(await b.clock.run(b.run('stopVm', params)), { Power: 'off', Changed: true })
  t.match(await b.clock.run(b.run('startVm', params)), { Power: 'on', Changed: true })
  await t.rejects(b.run('startVm', key), { code: 'PARAM_MISSING', message: /packet\/uuid/ })
  await b.plugin.stop?.()
})

test('createVm and destroyVm refuse another key than the configured one, and no message shows a key', async (t) => {
  const { bench: b, id } = await oneDevice()
  const params = { 'packet/api-key': 'another-key', 'packet/uuid': id }
  for (const name of ['createVm', 'destroyVm']) {
    await t.rejects(b.run(name, params), { code: 'PARAM_INVALID', message: /packet\/api-key/ }, name)
    t.notMatch(await b.run(name, params).catch(String), /another-key/)
  }
  await b.plugin.stop?.()
})

test('actions before config throw PLUGIN_UNAVAILABLE', async (t) => {
  const b = new Bench()
  await t.rejects(b.run('poweron', machine('x')), { code: 'PLUGIN_UNAVAILABLE' })
  await t.rejects(b.newMachine(), { code: 'PLUGIN_UNAVAILABLE' })
  t.strictSame(b.plugin.metrics?.(), [])
  await b.plugin.stop?.()
})
