import { PowerbusError } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { machine, oneDevice } from '../fixtures/one-device.ts'

const MINUTE_MS = 60_000

test('nextbootdisk is put back when the device has booted once', async (t) => {
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

test('a device whose events are not told is powered and booted all the same', async (t) => {
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

test('events from before nextbootdisk that are told only later are no boot', async (t) => {
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

test('a boot setting that an action makes while the one before is looked after is left alone', async (t) => {
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

test('what is so already is not put back, and the result says that it stays', async (t) => {
  const { bench: b, id, sent } = await oneDevice()
  t.match(await b.clock.run(b.run('nextbootpxe', machine(id))), { BootDevice: 'pxe', Persistent: true })
  t.match(await b.clock.run(b.run('nextbootdisk', machine(id))), { Persistent: false })
  t.match(await b.clock.run(b.run('nextbootpxe', machine(id))), { BootDevice: 'pxe', Persistent: true })
  t.strictSame((await b.status()).BootOnce, [])
  t.strictSame(sent(), ['setBoot false', 'setBoot true'])
  await b.plugin.stop?.()
})

test('updatepxe sets what every boot does, and forgets what was to be put back', async (t) => {
  const { bench: b, id } = await oneDevice()
  await b.clock.run(b.run('nextbootdisk', machine(id)))
  const result = await b.clock.run(b.run('updatepxe', { ...machine(id), 'packet/always-pxe': false }))
  t.match(result, { AlwaysPxe: false })
  t.strictSame((await b.status()).BootOnce, [])
  await b.plugin.stop?.()
})
