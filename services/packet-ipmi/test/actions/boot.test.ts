import { PowerbusError } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { FakeCloud } from '../fixtures/fake-cloud.ts'
import { machine, oneDevice } from '../fixtures/one-device.ts'

const MINUTE_MS = 60_000

test('always_pxe is restored after the first boot that follows nextbootdisk', async (t) => {
  const { bench: b, id, sent } = await oneDevice()
  const result = await b.clock.run(b.run('nextbootdisk', machine(id)))
  t.match(result, { BootDevice: 'disk', Persistent: false, EFI: false, Verified: true, Note: /put back/ })
  t.equal(b.cloud.made[0]?.alwaysPxe, false)
  await b.clock.pass(60 * MINUTE_MS)
  t.equal(b.cloud.made[0]?.alwaysPxe, false)
  await b.clock.run(b.run('powercycle', machine(id)))
  await b.clock.pass(2 * MINUTE_MS)
  t.equal(b.cloud.made[0]?.alwaysPxe, false, 'the firmware takes its time')
  await b.restart()
  await b.clock.pass(12 * MINUTE_MS)
  t.equal(b.cloud.made[0]?.alwaysPxe, true)
  t.strictSame(
    sent().filter((name) => name.startsWith('setBoot')),
    ['setBoot false', 'setBoot true'],
  )
  t.strictSame((await b.status()).BootOnce, [])
  await b.plugin.stop?.()
})

test('a boot setting is not restored on a device with the same id at another address', async (t) => {
  const { bench: b, id } = await oneDevice()
  await b.clock.run(b.run('nextbootdisk', machine(id)))
  const other = new FakeCloud(b.clock, 'https://other.test')
  other.made.push(...b.cloud.made.map((device) => ({ ...device, alwaysPxe: false })))
  b.cloud = other
  await b.restart()
  await b.clock.pass(25 * 60 * MINUTE_MS)
  t.notOk(other.calls.some((name) => name.startsWith('setBoot')))
  t.strictSame((await b.status()).BootOnce, [])
  await b.plugin.stop?.()
})

test('power and boot commands work on a cloud that refuses its events', async (t) => {
  for (const code of ['AUTH_FAILED', 'TARGET_UNREACHABLE'] as const) {
    const { bench: b, id, sent } = await oneDevice()
    b.cloud.events = async () => {
      throw new PowerbusError(code, 'events')
    }
    const run = (name: string) => b.clock.run(b.run(name, machine(id)))
    for (const name of ['powercycle', 'rescue']) t.match(await run(name), { Power: 'on', Changed: true }, name)
    b.cloud.trouble('power', 'lost')
    await t.rejects(run('powercycle'), { code: 'OUTCOME_UNKNOWN' })
    t.strictSame(sent(), ['reboot', 'rescue', 'reboot'])
    t.match(await run('nextbootdisk'), { BootDevice: 'disk', Persistent: false })
    await run('poweroff')
    await b.clock.pass(MINUTE_MS)
    await run('poweron')
    await b.clock.pass(12 * MINUTE_MS)
    t.equal(b.cloud.made[0]?.alwaysPxe, true, 'put back after it was seen to be off')
    await b.plugin.stop?.()
  }
})

test('events older than nextbootdisk that appear later prove no boot', async (t) => {
  const { bench: b, id } = await oneDevice()
  await b.clock.run(b.run('powercycle', machine(id)))
  const events = b.cloud.events.bind(b.cloud)
  b.cloud.events = async () => {
    throw new PowerbusError('TARGET_UNREACHABLE', 'events')
  }
  await b.clock.run(b.run('nextbootdisk', machine(id)))
  b.cloud.events = events
  await b.clock.pass(60 * MINUTE_MS)
  t.equal(b.cloud.made[0]?.alwaysPxe, false)
  await b.plugin.stop?.()
})

test('the worker does not overwrite a boot setting that an action makes during its step', async (t) => {
  for (const name of ['updatepxe', 'nextbootpxe', 'nextbootdisk']) {
    const { bench: b, id } = await oneDevice()
    await b.clock.run(b.run('nextbootdisk', machine(id)))
    await b.clock.run(b.run('powercycle', machine(id)))
    const events = b.cloud.events.bind(b.cloud)
    let isWaiting = false
    b.cloud.events = async (asked) => {
      const told = await events(asked)
      b.cloud.events = events
      isWaiting = true
      await b.clock.sleep(5000, new AbortController().signal)
      return told
    }
    await b.clock.until(() => isWaiting)
    const params = name === 'updatepxe' ? { 'packet/always-pxe': false } : {}
    await b.clock.run(b.run(name, { ...machine(id), ...params }))
    await b.clock.pass(60 * MINUTE_MS)
    t.equal(b.cloud.made[0]?.alwaysPxe, name === 'nextbootpxe', name)
    t.equal((await b.status()).BootOnce.length, name === 'nextbootdisk' ? 1 : 0, name)
    await b.plugin.stop?.()
  }
})

test('a value of always_pxe that was already right is not restored, and the result says Persistent', async (t) => {
  const { bench: b, id, sent } = await oneDevice()
  t.match(await b.clock.run(b.run('nextbootpxe', machine(id))), { BootDevice: 'pxe', Persistent: true })
  t.match(await b.clock.run(b.run('nextbootdisk', machine(id))), { Persistent: false })
  t.match(await b.clock.run(b.run('nextbootpxe', machine(id))), { BootDevice: 'pxe', Persistent: true })
  t.strictSame((await b.status()).BootOnce, [])
  t.strictSame(sent(), ['setBoot false', 'setBoot true'])
  await b.plugin.stop?.()
})

test('updatepxe sets every boot and forgets the value that was to be restored', async (t) => {
  const { bench: b, id } = await oneDevice()
  await b.clock.run(b.run('nextbootdisk', machine(id)))
  const result = await b.clock.run(b.run('updatepxe', { ...machine(id), 'packet/always-pxe': false }))
  t.match(result, { AlwaysPxe: false })
  t.strictSame((await b.status()).BootOnce, [])
  await b.plugin.stop?.()
})
