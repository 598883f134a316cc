import { existsSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Call } from '@powerbus/plugin-sdk'
import {
  descendantsOf,
  type FakeVBoxManage,
  type FakeVBoxManageOptions,
  fakeVBoxManage,
  type TestScope,
  tempFolder,
  waitUntil,
} from '@powerbus/testkit'
import { test } from 'tap'
import type { Hypervisor } from '../../../src/hypervisor/hypervisor.ts'
import { openVirtualBox, type VirtualBoxOptions } from '../../../src/hypervisor/virtualbox/virtualbox.ts'

const call: Call = { signal: new AbortController().signal, timeoutMs: 30_000 }
const ID = '3F2B6A1E-0000-4000-8000-00000000000A'

function open(
  scope: TestScope,
  options: FakeVBoxManageOptions = {},
  more: VirtualBoxOptions = {},
): { fake: FakeVBoxManage; hypervisor: Hypervisor } {
  const fake = fakeVBoxManage(scope, options)
  fake.add({ id: ID, name: 'one', state: 'running' })
  const hypervisor = openVirtualBox({ environment: fake.environment, ...more })
  scope.teardown(() => hypervisor.close())
  return { fake, hypervisor }
}

const isThere = (pid: number) => existsSync(`/proc/${pid}`)

test('the error for a missing program names virtualbox/command', async (t) => {
  const environment = { PATH: tempFolder(t) }
  await t.rejects(openVirtualBox({ environment }).list(call), {
    code: 'TARGET_UNREACHABLE',
    message: /virtualbox\/command/,
  })
  for (const command of ['/nowhere/VBoxManage', 'VBoxManageOfSomeOtherName', tempFolder(t)]) {
    await t.rejects(openVirtualBox({ environment, command }).list(call), { code: 'TARGET_UNREACHABLE' }, command)
  }
})

test('the program is found by its path, by a name on PATH, and under its usual names', async (t) => {
  const { fake } = open(t)
  for (const options of [{}, { command: fake.command, environment: process.env }, { command: 'VBoxManage' }]) {
    const hypervisor = openVirtualBox({ environment: fake.environment, ...options })
    t.same((await hypervisor.list(call)).vms, [{ id: ID, name: 'one' }])
  }
})

test('a program that hangs and ignores SIGTERM is killed after its deadline, and leaves no zombie', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.fault({ command: 'list', kind: 'hang-deaf' })
  const start = performance.now()
  await t.rejects(hypervisor.list({ ...call, timeoutMs: 2500 }), { code: 'TARGET_TIMEOUT' })
  const elapsedMs = performance.now() - start
  t.ok(elapsedMs >= 2400 && elapsedMs < 10_000, `${elapsedMs} ms`)
  const pid = fake.calls()[0]?.pid ?? 0
  t.ok(pid > 0)
  t.notOk(isThere(pid))
  t.same(
    descendantsOf(process.pid).filter((each) => each === pid),
    [],
  )
  t.equal((await hypervisor.list(call)).vms.length, 1, 'the next call is answered')
})

test('an aborted call ends the program and its children', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.fault({ command: 'list', kind: 'hang-with-child' })
  const stop = new AbortController()
  const listed = hypervisor.list({ ...call, signal: stop.signal })
  const family = await waitUntil('the program and its child', () => {
    const pid = fake.calls()[0]?.pid
    const children = pid === undefined ? [] : descendantsOf(pid)
    return pid !== undefined && children.length > 0 && [pid, ...children]
  })
  stop.abort()
  await t.rejects(listed, { code: 'DEADLINE_EXCEEDED' })
  await waitUntil('all of them to be gone', () => !family.some(isThere))
})

test('close ends running programs', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.fault({ command: 'list', kind: 'hang' })
  const listed = t.rejects(hypervisor.list(call), { code: 'SHUTTING_DOWN' })
  const pid = await waitUntil('the program', () => fake.calls()[0]?.pid)
  await hypervisor.close()
  await listed
  t.notOk(isThere(pid))
})

test('a program that is killed or prints a megabyte fails', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.fault({ command: 'list', kind: 'killed' })
  await t.rejects(hypervisor.list(call), { code: 'TARGET_UNREACHABLE', message: /SIGKILL/ })
  fake.fault({ command: 'list', kind: 'megabyte' })
  await t.rejects(hypervisor.list(call), { code: 'TARGET_UNREACHABLE' })
  t.notOk(isThere(fake.calls().at(-1)?.pid ?? 0))
})

test('an error text is a failure, whatever the exit code', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.fault({ command: 'list', kind: 'zero', text: 'Cannot read the registry' })
  await t.rejects(hypervisor.list(call), { code: 'TARGET_UNREACHABLE', message: /Cannot read the registry/ })
  fake.fault({ command: 'showvminfo', kind: 'zero', result: 'VBOX_E_OBJECT_NOT_FOUND' })
  await t.rejects(hypervisor.get(ID, call), { code: 'OBJECT_UNKNOWN' })
  fake.fault({ command: 'controlvm acpipowerbutton', kind: 'error', text: 'The guest is not in ACPI mode' })
  await t.rejects(hypervisor.acpiShutdown(ID, call), { code: 'TARGET_UNREACHABLE', message: /ACPI mode/ })
})

test('a text that quotes an error is not a failure', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.change(ID, { description: 'seen today:\nVBoxManage: error: The VM session was aborted' })
  t.equal((await hypervisor.get(ID, call)).state, 'running')
})

test('a warning of the start script before the output is ignored', async (t) => {
  const prefix = 'WARNING: The vboxdrv kernel module is not loaded. Either there is no module\n         available\n\n'
  const { hypervisor } = open(t, { prefix })
  t.equal(await hypervisor.version(call), '7.0.14')
  t.equal((await hypervisor.get(ID, call)).name, 'one')
  const { vms, problems } = await hypervisor.list(call)
  t.same(vms, [{ id: ID, name: 'one' }])
  t.ok(problems.length > 0)
})

test('a reset, NMI or power button without an answer is sent once, and fails with OUTCOME_UNKNOWN', async (t) => {
  const { fake, hypervisor } = open(t)
  fake.fault({ command: 'controlvm reset', kind: 'killed', when: 'after' })
  await t.rejects(hypervisor.reset(ID, call), { code: 'OUTCOME_UNKNOWN' })
  t.equal(fake.vm(ID).counts.resets, 1)
  fake.fault({ command: 'debugvm injectnmi', kind: 'hang', when: 'after' })
  await t.rejects(async () => hypervisor.nmi?.(ID, { ...call, timeoutMs: 2500 }), { code: 'OUTCOME_UNKNOWN' })
  t.equal(fake.vm(ID).counts.nmis, 1)
  fake.fault({ command: 'controlvm acpipowerbutton', kind: 'killed', when: 'after' })
  await t.rejects(hypervisor.acpiShutdown(ID, call), { code: 'OUTCOME_UNKNOWN' })
  t.equal(fake.vm(ID).counts.powerButtons, 1)
  await t.rejects(hypervisor.reset(ID, { ...call, timeoutMs: 0 }), { code: 'TARGET_TIMEOUT' }, 'nothing was sent')
  t.equal(fake.vm(ID).counts.resets, 1)
})

test('sudo is used for another user only', async (t) => {
  const { fake, hypervisor } = open(t, {}, { user: 'vbox' })
  t.same((await hypervisor.list(call)).vms, [], 'the VMs of that user')
  t.same(fake.sudoCalls(), [['-n', '-u', 'vbox', fake.command, 'list', 'vms']])
  const same = openVirtualBox({ environment: fake.environment, user: userInfo().username })
  t.equal((await same.list(call)).vms.length, 1)
  t.equal(fake.sudoCalls().length, 1)
})

test('a refusal of sudo is reported with advice, and not repeated', async (t) => {
  const { fake, hypervisor } = open(t, { sudo: 'password' }, { user: 'vbox' })
  await t.rejects(hypervisor.start(ID, call), { code: 'AUTH_FAILED', message: /NOPASSWD/ })
  t.equal(fake.sudoCalls().length, 1)
  fake.configure({ sudo: 'unknown-user' })
  await t.rejects(hypervisor.list(call), { code: 'AUTH_FAILED', message: /virtualbox\/user/ })
  const without = openVirtualBox({ command: fake.command, user: 'vbox', environment: { PATH: tempFolder(t) } })
  await t.rejects(without.list(call), { code: 'TARGET_UNREACHABLE' }, 'no sudo at all')
})

test('no argument is interpreted by a shell', async (t) => {
  const { fake, hypervisor } = open(t)
  const file = join(fake.folder, 'made-by-a-shell')
  const text = `$(touch ${file}) \`touch ${file}\` ; touch ${file} & 'a' "b" \\ * ~`
  await hypervisor.setExtra(ID, 'key', text, call)
  t.equal(await hypervisor.getExtra(ID, 'key', call), text)
  t.throws(() => statSync(file))
})

test('other environment variables are not passed on', async (t) => {
  const { fake } = open(t)
  const environment = { ...fake.environment, REDIS_URL: 'redis://:secret@host', VBOX_USER_HOME: fake.folder }
  await openVirtualBox({ environment }).list(call)
  const variables = fake.calls()[0]?.variables ?? []
  t.ok(variables.includes('VBOX_USER_HOME'))
  t.notOk(variables.includes('REDIS_URL'))
})

test('several programs run side by side, and one at a time per VM', async (t) => {
  const { fake, hypervisor } = open(t, {}, { concurrency: 2 })
  const texts = Array.from({ length: 6 }, (_, number) => `${number}`)
  await Promise.all(texts.map((text) => hypervisor.setExtra(ID, 'key', text, call)))
  t.same(
    fake.calls().map(({ args }) => args.at(-1)),
    texts,
    'in the order in which they were asked for',
  )
  t.equal(await hypervisor.getExtra(ID, 'key', call), '5')
  fake.fault({ command: 'setextradata', kind: 'hang' })
  const stuck = t.rejects(hypervisor.setExtra(ID, 'key', 'late', { ...call, timeoutMs: 2500 }), {
    code: 'TARGET_TIMEOUT',
  })
  await t.rejects(hypervisor.get(ID, { ...call, timeoutMs: 300 }), { code: 'TARGET_BUSY' }, 'waits for its turn')
  t.equal((await hypervisor.list(call)).vms.length, 1, 'others do not wait')
  await stuck
})

test('a look does not wait for a call for the same VM, nor for the slots that long calls have', async (t) => {
  const { fake, hypervisor } = open(t, { startMs: 4000 }, { concurrency: 1 })
  fake.change(ID, { state: 'poweroff' })
  const started = hypervisor.start(ID, call)
  await waitUntil('the start', () => fake.vm(ID).state === 'starting')
  const vm = await hypervisor.look?.(ID, { ...call, timeoutMs: 2500 })
  t.equal(vm?.state, 'starting')
  await t.rejects(async () => hypervisor.look?.('not-a-uuid', call), { code: 'PARAM_INVALID' })
  await started
  t.equal((await hypervisor.look?.(ID.toLowerCase(), call))?.state, 'running')
})
