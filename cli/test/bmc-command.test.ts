import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { workarounds } from '@powerbus/bmc-drivers/workarounds'
import { freeUdpPort, startProcess } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { type BuiltCommand, copyCommand, jsonLines } from './built-command.ts'
import { inProcess } from './command-line.ts'

const PASSWORD = 'correct-horse-9'
const withPassword = { env: { IPMI_PASSWORD: PASSWORD } }

/** Emulated BMCs in a process of their own; gives its id, and where they are as one host expression. */
async function startLab(t: Test, powerbus: BuiltCommand, count: number, more: readonly string[] = []) {
  const args = ['lab', '--count', String(count), '--json', ...more]
  const lab = await powerbus.start(args, withPassword)
  t.teardown(() => lab.end())
  await lab.waitForOutput(new RegExp(`(.*\n){${count}}`))
  const bmcs = jsonLines(lab.output.stdout)
  return { lab, bmcs, hosts: bmcs.map(({ address, port }) => `${address}:${port}`).join(',') }
}

test('powerbus bmc', async (t) => {
  const powerbus = copyCommand(t)
  const bmc = (args: readonly string[]) => powerbus.run(['bmc', ...args, '-U', 'admin'], withPassword)

  t.test('a lab prints addresses and login of its BMCs, and ends with Ctrl-C', async (t) => {
    const { lab, bmcs } = await startLab(t, powerbus, 3)
    t.equal(bmcs.length, 3)
    for (const { address, port, username, password } of bmcs) {
      t.same([address, username, password], ['127.0.0.1', 'admin', PASSWORD])
      t.ok(Number.isInteger(port))
    }
    lab.kill('SIGINT')
    t.same(await lab.exited, { code: 0, signal: null })
  })

  t.test('every BMC gives one line, and the verbs take effect', async (t) => {
    const { hosts } = await startLab(t, powerbus, 3)
    const status = await bmc(['status', hosts, '--json'])
    t.equal(status.code, 0, status.stderr)
    const lines = jsonLines(status.stdout)
    t.same(lines.map(({ host }) => host).sort(), hosts.split(',').sort())
    t.ok(
      lines.every(
        ({ ok, ms, result }) => ok === true && Number.isInteger(ms) && Reflect.get(Object(result), 'Power') === 'on',
      ),
    )
    const [first = ''] = hosts.split(',')
    for (const [verb, expected] of [
      [['off'], { Power: 'off', Changed: true, Verified: true }],
      [['off'], { Power: 'off', Changed: false, Verified: true }],
      [['cycle'], { Power: 'on', Changed: true, Verified: true }],
      [['boot', 'pxe', '--efi'], { BootDevice: 'pxe', Persistent: false, EFI: true, Verified: true }],
      [['identify', '5'], { IdentifySeconds: 5 }],
    ] as const) {
      const [name, ...words] = verb
      const { stdout, stderr, code } = await bmc([name, ...words, first, '--json'])
      t.equal(code, 0, stderr)
      t.same(jsonLines(stdout)[0]?.result, expected, name)
    }
    t.match((await bmc(['diag', first])).stdout, /on \(changed\) done, not verified/)
    t.match((await bmc(['info', first])).stdout, /SelfTest=passed/)
  })

  t.test('dead BMCs do not delay the others, and make the exit code 1', async (t) => {
    const { hosts } = await startLab(t, powerbus, 2)
    const silent = await startLab(t, powerbus, 1, ['--hang'])
    const { stdout, code } = await bmc(['status', silent.hosts, hosts, '--json', '--timeout', '2'])
    const lines = jsonLines(stdout)
    t.equal(code, 1)
    t.same(
      lines.map(({ ok }) => ok),
      [true, true, false],
    )
    t.equal(Reflect.get(Object(lines[2]?.error), 'kind'), 'timeout')
  })

  t.test('a wrong password is reported once for each BMC and never shown', async (t) => {
    const { hosts } = await startLab(t, powerbus, 1)
    const file = join(powerbus.folder, 'password')
    await writeFile(file, 'wrong-Pa55word\nsecond line\n', { mode: 0o600 })
    const { stdout, stderr, code } = await bmc(['status', hosts, '--json', '--password-file', file])
    t.equal(code, 1)
    t.equal(Reflect.get(Object(jsonLines(stdout)[0]?.error), 'kind'), 'credentials')
    t.notMatch(stdout + stderr, /wrong-Pa55word|correct-horse/)
  })

  t.test('--workaround list shows each name on a line with what it does; other words are names', async (t) => {
    const { stdout, code } = await powerbus.run(['bmc', '--workaround', 'list'])
    t.equal(code, 0)
    const lines = stdout.trimEnd().split('\n')
    t.same(
      lines.map((line) => line.split(' ')[0]),
      workarounds,
    )
    for (const line of lines) t.match(line, /^[a-z0-9-]+ {2,}\S.*\. For .*\. https:/)
    const { hosts } = await startLab(t, powerbus, 1)
    const named = ['--workaround', 'no-boot-timer-option', '--workaround', 'supermicro-uefi-disk']
    t.match((await bmc(['boot', 'pxe', hosts, ...named])).stdout, /BootDevice=pxe .*Note=.*60 s/)
  })

  t.test('wrong use is exit code 2, before anything is sent', async (t) => {
    const wrong = [
      ['stat', '127.0.0.1'],
      ['status'],
      ['status', '127.0.0.[1-'],
      ['status', '127.0.0.[1-999999999]'],
      ['status', '127.0.0.1:99999'],
      ['boot', 'floppy', '127.0.0.1'],
      ['status', '127.0.0.1', '--port', '0'],
      ['status', '127.0.0.1', '--cipher-suite', '0'],
      ['status', '127.0.0.1', '--workaround', 'reboot'],
      ['status', '127.0.0.1', '--password', 'x'],
      ['status', '127.0.0.1', '--password-file', '/nonexistent'],
    ]
    const run = inProcess({ env: { ...powerbus.env, ...withPassword.env } })
    for (const args of wrong) t.equal((await run('bmc', ...args, '-U', 'admin')).code, 2, args.join(' '))
    t.equal((await powerbus.run(['bmc', 'status', '127.0.0.1'], withPassword)).code, 2, 'no user')
    t.equal((await powerbus.run(['bmc', 'status', '127.0.0.1', '-U', 'admin'])).code, 2, 'no password')
  })

  t.test('Ctrl-C reports the finished BMCs, and those with unknown outcome if anything was to change', async (t) => {
    const { hosts } = await startLab(t, powerbus, 1)
    const silent = await startLab(t, powerbus, 2, ['--hang'])
    for (const [verb, left, code] of [
      ['status', 'without an answer', 'INTERRUPTED'],
      ['on', 'outcome unknown, check', 'OUTCOME_UNKNOWN'],
    ]) {
      const args = ['bmc', verb, hosts, silent.hosts, '-U', 'admin', '--json'].map(String)
      const child = await powerbus.start(args, withPassword)
      await child.waitForOutput(/"ok":true/)
      child.kill('SIGINT')
      t.same(await child.exited, { code: 130, signal: null })
      t.match(child.output.stderr, new RegExp(`1 finished; ${left}: 127`))
      const lines = jsonLines(child.output.stdout)
      t.equal(lines.length, 3)
      t.match(lines[1], { ok: false, error: { code } })
    }
  })

  t.test('a closed pipe ends the command quietly', async (t) => {
    const { hosts } = await startLab(t, powerbus, 3)
    const silent = await startLab(t, powerbus, 1, ['--hang'])
    const script = `"$0" bmc status ${hosts},${silent.hosts} -U admin --json --timeout 2 | head -n 1`
    const env = { ...powerbus.env, ...withPassword.env }
    const shell = await startProcess(t, '/bin/sh', ['-c', script, join(powerbus.folder, 'bin/powerbus')], { env })
    t.equal((await shell.exited).code, 0)
    t.equal(jsonLines(shell.output.stdout).length, 1)
    t.notMatch(shell.output.stderr, /EPIPE|at /)
  })

  t.test('no process has the password in its arguments', async (t) => {
    const silent = await startLab(t, powerbus, 1, ['--hang'])
    const child = await powerbus.start(['bmc', 'status', silent.hosts, '-U', 'admin'], withPassword)
    for (const pid of [child.pid, silent.lab.pid]) {
      t.notMatch(readFileSync(`/proc/${pid}/cmdline`, 'latin1'), PASSWORD)
    }
    await child.end()
  })

  t.test('a port in use is reported with advice', async (t) => {
    const port = await freeUdpPort()
    await startLab(t, powerbus, 1, ['--port', String(port)])
    const { code, stderr } = await powerbus.run(['lab', '--count', '1', '--port', String(port)], withPassword)
    t.equal(code, 1)
    t.match(stderr, String(port))
  })
})
