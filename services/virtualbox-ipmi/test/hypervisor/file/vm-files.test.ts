import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Call } from '@powerbus/plugin-sdk'
import { bundledProgram, startProcess, type TestScope, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import {
  type FileHypervisorOptions,
  openFileHypervisor,
  type VmTimes,
} from '../../../src/hypervisor/file/file-hypervisor.ts'
import type { VmSpec } from '../../../src/hypervisor/vm.ts'

type WallClock = NonNullable<FileHypervisorOptions['clock']>

const call: Call = { signal: new AbortController().signal, timeoutMs: 30_000 }
const newSpec = (): VmSpec => ({
  id: randomUUID().toUpperCase(),
  name: 'one',
  cpus: 2,
  memoryMb: 2048,
  vramMb: 128,
  diskMb: 20_480,
})
const child = bundledProgram(join(import.meta.dirname, 'hypervisor-process.ts'))

/** A clock that moves only by `pass` and by a sleep. */
function handClock(): WallClock & { pass(ms: number): void } {
  let now = 1_700_000_000_000
  return {
    dateMs: () => now,
    pass: (ms) => {
      now += ms
    },
    sleep: async (delayMs) => {
      now += delayMs
    },
  }
}

const vmFolder = (scope: TestScope) => join(tempFolder(scope), 'vms')
const fileOf = (folder: string, id: string) => join(folder, `${id.toLowerCase()}.json`)

async function open(scope: TestScope, folder: string, clock = handClock(), times: Partial<VmTimes> = {}) {
  const hypervisor = await openFileHypervisor({ folder, clock, times })
  scope.teardown(() => hypervisor.close())
  const state = async (id: string) => (await hypervisor.get(id, call)).state
  return { hypervisor, clock, state }
}

test('state changes take time', async (t) => {
  const times = { startMs: 1000, stopMs: 500, shutdownMs: 3000 }
  const { hypervisor, clock, state } = await open(t, vmFolder(t), handClock(), times)
  const { id } = await hypervisor.create(newSpec(), call)
  await hypervisor.start(id, call)
  t.equal(await state(id), 'starting')
  await t.rejects(hypervisor.reset(id, call), { code: 'TARGET_STATE' })
  clock.pass(999)
  t.equal(await state(id), 'starting')
  clock.pass(1)
  t.equal(await state(id), 'running')
  await hypervisor.acpiShutdown(id, call)
  t.equal(await state(id), 'running', 'the guest has not shut down yet')
  clock.pass(3000)
  t.equal(await state(id), 'poweredoff')
  await hypervisor.start(id, call)
  await hypervisor.powerOff(id, call)
  t.equal(await state(id), 'stopping')
  await t.rejects(hypervisor.start(id, call), { code: 'TARGET_BUSY' })
  clock.pass(500)
  t.equal(await state(id), 'poweredoff')
})

test('a reset cancels a shutdown, and a guest may ignore the power button', async (t) => {
  const folder = vmFolder(t)
  const { hypervisor, clock, state } = await open(t, folder, handClock(), { shutdownMs: 1000 })
  const { id } = await hypervisor.create(newSpec(), call)
  await hypervisor.start(id, call)
  clock.pass(10_000)
  await hypervisor.acpiShutdown(id, call)
  await hypervisor.reset(id, call)
  clock.pass(60_000)
  t.equal(await state(id), 'running')
  await hypervisor.close()
  const deaf = await open(t, folder, clock, { shutdownMs: Number.POSITIVE_INFINITY })
  await deaf.hypervisor.acpiShutdown(id, call)
  clock.pass(3_600_000)
  t.equal(await deaf.state(id), 'running')
})

test('MACs follow from the UUID, are locally administered, and differ between VMs', async (t) => {
  const id = '3F2B6A1E-0000-4000-8000-00000000000A'
  const first = await (await open(t, vmFolder(t))).hypervisor.create({ ...newSpec(), id }, call)
  const { hypervisor } = await open(t, vmFolder(t))
  const second = await hypervisor.create({ ...newSpec(), id }, call)
  t.same(second.macs, first.macs)
  for (const mac of first.macs) t.match(mac, /^02(:[0-9a-f]{2}){5}$/)
  const other = await hypervisor.create({ ...newSpec(), name: 'two' }, call)
  t.equal(new Set([...first.macs, ...other.macs]).size, 4)
})

test('VMs are the same after a restart, and only their owner can read their files', async (t) => {
  const folder = vmFolder(t)
  const { hypervisor, clock } = await open(t, folder)
  const { id } = await hypervisor.create({ ...newSpec(), name: 'it\'s "1" 日本' }, call)
  await hypervisor.setBootOrder(id, ['disk', 'net'], call)
  await hypervisor.setExtra(id, '__proto__', 'text', call)
  await hypervisor.start(id, call)
  const before = await hypervisor.get(id, call)
  await hypervisor.close()
  t.equal(statSync(fileOf(folder, id)).mode & 0o777, 0o600)
  t.equal(statSync(folder).mode & 0o777, 0o700)
  const again = await open(t, folder, clock)
  t.same(await again.hypervisor.get(id, call), before)
  t.equal(await again.hypervisor.getExtra(id, '__proto__', call), 'text')
  clock.pass(60_000)
  t.equal(await again.state(id), 'running', 'the start went on while nobody looked')
})

test('a kill during a state change does not stop the change', async (t) => {
  const folder = vmFolder(t)
  const killed = async (step: string): Promise<string> => {
    const process = await startProcess(t, '/usr/bin/env', ['node', child, folder, step])
    const [, id = ''] = await process.waitForOutput(/^DOING (\S+)$/m)
    process.kill('SIGKILL')
    await process.exited
    return id
  }
  const starting = await killed('start')
  const creating = await killed('create')
  const destroying = await killed('destroy')
  const { hypervisor, state } = await open(t, folder, { ...handClock(), dateMs: () => Date.now() + 3_600_000 })
  t.equal(await state(starting), 'running')
  t.equal(await state(creating), 'poweredoff')
  await t.rejects(state(destroying), { code: 'OBJECT_UNKNOWN' })
  t.same((await hypervisor.list(call)).problems, [])
  t.notOk(readdirSync(folder).includes(`${destroying.toLowerCase()}.json`))
})

test('half-written and foreign files are reported, and stay as they are', async (t) => {
  const folder = vmFolder(t)
  mkdirSync(folder)
  const half = randomUUID()
  const other = randomUUID()
  const first = await open(t, folder)
  const { id } = await first.hypervisor.create(newSpec(), call)
  await first.hypervisor.close()
  const whole = readFileSync(fileOf(folder, id), 'utf8')
  const files = {
    [`${half}.json`]: whole.slice(0, 100),
    [`${other}.json`]: whole,
    [`${randomUUID()}.json`]: '{"format": "something else"}',
    [`${other}.json.new`]: whole.slice(0, 50),
    'notes.txt': 'mine',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  mkdirSync(join(folder, `${randomUUID()}.json`))

  const { hypervisor, state } = await open(t, folder, first.clock)
  const { vms, problems } = await hypervisor.list(call)
  t.equal(problems.length, 6)
  for (const name of Object.keys(files))
    t.ok(
      problems.some((problem) => problem.includes(name)),
      name,
    )
  t.equal(vms.length, 5, 'those that have the name of a VM are listed, as VirtualBox lists inaccessible ones')
  t.equal(await state(id), 'poweredoff')
  t.equal(await state(half), 'inaccessible')
  await t.rejects(hypervisor.start(half, call), { code: 'TARGET_STATE' })
  await t.rejects(hypervisor.destroy(half, call), { code: 'TARGET_STATE' })
  await t.rejects(hypervisor.create({ ...newSpec(), name: 'two', id: half }, call), { code: 'OBJECT_CONFLICT' })
  await hypervisor.destroy(id, call)
  for (const [name, text] of Object.entries(files)) t.equal(readFileSync(join(folder, name), 'utf8'), text, name)
})

test('only one process at a time can use a folder', async (t) => {
  const folder = vmFolder(t)
  const { hypervisor } = await open(t, folder)
  await t.rejects(openFileHypervisor({ folder }), { code: 'TARGET_BUSY' })
  await hypervisor.close()
  await (await openFileHypervisor({ folder })).close()
  writeFileSync(join(folder, 'file'), '')
  await t.rejects(openFileHypervisor({ folder: join(folder, 'file') }), { code: 'TARGET_UNREACHABLE' })
})

test('a name can be used once, and an aborted create leaves nothing', async (t) => {
  const folder = vmFolder(t)
  const stop = new AbortController()
  const clock: WallClock = {
    dateMs: () => Date.now(),
    sleep: async (_delayMs, signal) => {
      stop.abort()
      signal.throwIfAborted()
    },
  }
  const { hypervisor } = await open(t, folder)
  await hypervisor.create(newSpec(), call)
  await t.rejects(hypervisor.create(newSpec(), call), { code: 'OBJECT_CONFLICT' })
  await hypervisor.close()
  const hasty = await openFileHypervisor({ folder, clock })
  t.teardown(() => hasty.close())
  await t.rejects(hasty.create({ ...newSpec(), name: 'two' }, { ...call, signal: stop.signal }), {
    code: 'DEADLINE_EXCEEDED',
  })
  t.equal((await hasty.list(call)).vms.length, 1)
  await t.rejects(hasty.create({ ...newSpec(), name: 'three' }, { ...call, timeoutMs: 0 }), { code: /TIMEOUT|BUSY/ })
  t.equal(readdirSync(folder).filter((name) => name.endsWith('.json')).length, 1)
})

test('a folder holds a thousand VMs, and one is read fast', async (t) => {
  const folder = vmFolder(t)
  const { hypervisor, clock } = await open(t, folder)
  const ids = await Promise.all(
    Array.from(
      { length: 1000 },
      async (_, number) => (await hypervisor.create({ ...newSpec(), name: `vm ${number}` }, call)).id,
    ),
  )
  await Promise.all(ids.map((id) => hypervisor.start(id, call)))
  await hypervisor.close()
  const again = await open(t, folder, clock)
  clock.pass(60_000)
  t.equal((await again.hypervisor.list(call)).vms.length, 1000)
  const start = performance.now()
  const states = await Promise.all(Array.from({ length: 20 }, () => ids.map((id) => again.state(id))).flat())
  t.comment(`${(states.length / (performance.now() - start)).toFixed(0)} looks per ms`)
  t.same([...new Set(states)], ['running'])
})
