import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '@powerbus/store'
import { test } from 'tap'
import { Bench } from './fixtures/bench.ts'
import type { FakeCloud } from './fixtures/fake-cloud.ts'

const MINUTE_MS = 60_000

/** Recorded with an earlier version: keys of the store, machines of the endpoint, devices of the cloud, and the time. */
interface Written {
  readonly nowMs: number
  readonly entries: Readonly<Record<string, Json>>
  readonly machines: readonly { readonly Uuid: string; readonly Name: string; readonly Params: object }[]
  readonly devices: FakeCloud['made']
}

const written: Written = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'state-of-0-1.json'), 'utf8'))

async function startAgain() {
  const bench = new Bench()
  bench.clock.jump(written.nowMs - bench.clock.nowMs())
  for (const [key, value] of Object.entries(written.entries)) await bench.store.set(key, value)
  for (const machine of written.machines) bench.machines.add(machine)
  bench.cloud.made.push(...written.devices)
  await bench.configure({ 'packet/prune': true })
  return bench
}

test('records of an earlier version are read, and their work goes on', async (t) => {
  const bench = await startAgain()
  const uuidOf = (name: string) => written.machines.find(({ Name }) => Name === name)?.Uuid ?? ''
  const deviceOf = (name: string) => bench.machine(uuidOf(name)).Params['packet/uuid']
  const before = await bench.status()
  t.match(before.Creating, [{ name: 'lost', phase: 'sending', sends: 1 }])
  t.match(before.Leftovers, [{ machine: { Name: 'protected' } }])
  t.match(before.Missing, [{ machine: { Name: 'missing' } }])
  t.equal(before.Deleting.length, 2)
  t.match(before.BootOnce, [{ deviceId: deviceOf('once'), alwaysPxe: true }])

  await bench.clock.until(() => bench.told(uuidOf('lost')).includes('ready'))
  t.equal(bench.cloud.made.length, written.devices.length, 'the lost create is not sent again')
  await bench.clock.pass(5 * MINUTE_MS)
  t.strictSame((await bench.status()).Deleting, [], 'deletions are gone on with')
  await bench.clock.until(() => bench.machines.removed.includes(uuidOf('missing')))
  await bench.clock.pass(25 * 60 * MINUTE_MS)
  const after = await bench.status()
  t.strictSame(after.BootOnce, [], 'always_pxe is put back')
  t.ok(bench.cloud.made.find(({ id }) => id === deviceOf('once'))?.alwaysPxe)
  t.match(after.Leftovers, [{ machine: { Name: 'protected' } }])
  t.ok(bench.machines.all.has(uuidOf('done')))
  t.ok(bench.machine(uuidOf('failed')).Params['packet/problem'], 'it is not made a device for again')
  t.equal(bench.cloud.made.length, written.devices.length)
  await bench.plugin.stop?.()
})
