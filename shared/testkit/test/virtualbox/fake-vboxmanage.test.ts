import { type Test, test } from 'tap'
import { type FakeVBoxManageOptions, fakeVBoxManage, runProgram } from '../../src/index.ts'

const ID = '3f2b6a1e-0000-4000-8000-00000000000a'

function fake(t: Test, version: '6.1' | '7.0' | '7.1' | '7.2', options: FakeVBoxManageOptions = {}) {
  const kept = fakeVBoxManage(t, { version, ...options })
  kept.add({ id: ID, name: 'one "x"' })
  return { kept, run: (...args: string[]) => runProgram(kept.command, args) }
}

test('each version prints its version number', async (t) => {
  for (const version of ['6.1', '7.0', '7.1', '7.2'] as const) {
    const { stdout, code } = await fake(t, version).run('--version')
    t.equal(code, 0)
    t.ok(stdout.startsWith(version))
  }
})

test('7.0 accepts dashed options and the old ones', async (t) => {
  const old = fake(t, '6.1')
  t.equal((await old.run('modifyvm', ID, '--nic-type1', '82545EM')).code, 2)
  t.equal((await old.run('modifyvm', ID, '--nictype1', '82545EM')).code, 0)
  const later = fake(t, '7.0')
  t.equal((await later.run('modifyvm', ID, '--nic-type1', '82545EM', '--host-only-adapter1', 'vboxnet0')).code, 0)
  t.equal((await later.run('modifyvm', ID, '--nictype2', '82545EM')).code, 0)
  t.match(later.kept.vm(ID).nics, [{ type: '82545EM', adapter: 'vboxnet0' }, { type: '82545EM' }])
})

test('showvminfo of an inaccessible VM succeeds in 6.1 and 7.0 and fails since 7.1', async (t) => {
  for (const [version, code] of [
    ['6.1', 0],
    ['7.0', 0],
    ['7.1', 1],
    ['7.2', 1],
  ] as const) {
    const { kept, run } = fake(t, version)
    kept.change(ID, { inaccessible: true })
    t.equal((await run('showvminfo', ID, '--machinereadable')).code, code, version)
  }
})

test('an error is printed to stderr with its result code, and the exit code is 1', async (t) => {
  const { code, stdout, stderr } = await fake(t, '7.0').run('showvminfo', 'nobody', '--machinereadable')
  t.equal(code, 1)
  t.equal(stdout, '')
  t.match(
    stderr,
    /^VBoxManage: error: .*'nobody'\nVBoxManage: error: Details: code VBOX_E_OBJECT_NOT_FOUND \(0x80bb0001\)/,
  )
})

test('concurrent calls do not lose changes', async (t) => {
  const { kept, run } = fake(t, '7.0')
  await Promise.all(Array.from({ length: 12 }, (_, number) => run('setextradata', ID, `key${number}`, `${number}`)))
  t.equal(Object.keys(kept.vm(ID).extra).length, 12)
  t.equal(kept.calls().length, 12)
})

test('a fault hits its number of calls of its command, before or after their work', async (t) => {
  const { kept, run } = fake(t, '7.0')
  kept.fault({ command: 'setextradata', kind: 'error', times: 2 })
  t.equal((await run('getextradata', ID, 'key')).code, 0)
  t.equal((await run('setextradata', ID, 'key', 'a')).code, 1)
  t.equal((await run('setextradata', ID, 'key', 'b')).code, 1)
  t.same(kept.vm(ID).extra, {})
  kept.fault({ command: 'setextradata', kind: 'killed', when: 'after' })
  t.equal((await run('setextradata', ID, 'key', 'c')).signal, 'SIGKILL')
  t.same(kept.vm(ID).extra, { key: 'c' })
  kept.fault({ command: '*', kind: 'error', times: 9 })
  kept.clearFaults()
  t.equal((await run('setextradata', ID, 'key', 'd')).code, 0)
})

test('a VM belongs to the user that sudo ran as', async (t) => {
  const { kept, run } = fake(t, '7.0')
  const sudo = (...args: string[]) => runProgram('sudo', args, { env: kept.environment })
  t.equal((await sudo('-n', '-u', 'vbox', kept.command, 'createvm', '--name', 'two', '--register')).code, 0)
  t.match((await sudo('-n', '-u', 'vbox', kept.command, 'list', 'vms')).stdout, /^"two" \{[-0-9a-f]{36}\}\n$/)
  t.equal((await run('list', 'vms')).stdout, `"one "x"" {${ID}}\n`)
  kept.configure({ sudo: 'password' })
  t.equal((await sudo('-n', '-u', 'vbox', kept.command, 'list', 'vms')).code, 1)
  t.equal(kept.sudoCalls().length, 3)
})

test('macOS has host-only networks in place of adapters since 7.0, and says so at a start', async (t) => {
  const { kept, run } = fake(t, '7.2', { host: 'macos' })
  t.equal((await run('list', 'hostonlyifs')).stdout, '')
  t.match((await run('list', 'hostonlynets')).stdout, /^Name: {12}HostNetwork\nGUID: .*\n\nState: {11}Enabled\n/)
  await run('modifyvm', ID, '--nic1', 'hostonlynet', '--host-only-net1', 'HostNetwork')
  t.match((await run('showvminfo', ID, '--machinereadable')).stdout, /hostonly-network1="HostNetwork"\n/)
  t.equal((await run('startvm', ID, '--type', 'headless')).code, 0)
  kept.change(ID, { state: 'poweroff' })
  await run('modifyvm', ID, '--nic1', 'hostonly', '--hostonlyadapter1', 'vboxnet0')
  t.match(
    (await run('startvm', ID, '--type', 'headless')).stderr,
    /no longer supported![\s\S]*'Legacy vboxnet0 Network'/,
  )
  t.same((await run('list', 'hostonlynets')).stdout.match(/Legacy vboxnet0 Network/g)?.length, 2)
})

test('hosts without host-only networks know neither their list nor their kind of adapter', async (t) => {
  for (const { run } of [fake(t, '7.2'), fake(t, '6.1', { host: 'macos' }), fake(t, '7.1', { host: 'windows' })]) {
    t.equal((await run('list', 'hostonlynets')).code, 2)
    t.equal((await run('modifyvm', ID, '--nic1', 'hostonlynet')).code, 2)
    t.equal((await run('modifyvm', ID, '--host-only-net1', 'x')).code, 2)
  }
})

test('Windows prints VBoxManage.exe and CR LF', async (t) => {
  const { stderr } = await fake(t, '7.2', { host: 'windows' }).run('showvminfo', 'nobody')
  t.match(stderr, /^VBoxManage\.exe: error: .*'nobody'\r\n/)
})

test('a VM takes commands only in the states in which VirtualBox takes them', async (t) => {
  const { kept, run } = fake(t, '7.2')
  for (const [state, verb, code] of [
    ['teleported', 'reset', 1],
    ['paused', 'reset', 1],
    ['gurumeditation', 'reset', 1],
    ['gurumeditation', 'acpipowerbutton', 1],
    ['gurumeditation', 'poweroff', 0],
    ['livesnapshotting', 'reset', 0],
    ['livesnapshotting', 'poweroff', 1],
    ['starting', 'poweroff', 1],
    ['settingup', 'poweroff', 1],
    ['paused', 'resume', 0],
  ] as const) {
    kept.change(ID, { state })
    t.equal((await run('controlvm', ID, verb)).code, code, `${verb}, ${state}`)
  }
  kept.change(ID, { state: 'teleported' })
  t.equal((await run('modifyvm', ID, '--boot1', 'net')).code, 0)
  t.equal((await run('startvm', ID, '--type', 'headless')).code, 0)
})
