import { existsSync, readFileSync, statSync } from 'node:fs'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { descendantsOf } from '@powerbus/testkit'
import { test } from 'tap'
import { type BuiltCommand, copyCommand, jsonLines } from './built-command.ts'
import { inProcess } from './command-line.ts'

async function startUp(powerbus: BuiltCommand, args: readonly string[] = []) {
  const up = await powerbus.start(['up', '--port', '0', ...args])
  await up.waitForOutput(/Ctrl-C stops/, { timeoutMs: 60_000 })
  const [, url = ''] = /endpoint +(\S+)/.exec(up.output.stdout) ?? []
  const [, code = ''] = /one-time code (\S+)/.exec(up.output.stdout) ?? []
  return { up, url, code }
}

test('powerbus up', async (t) => {
  const powerbus = copyCommand(t, ['ipmi', 'virtualbox-ipmi'])
  // Neither keeps the good ones from their work.
  await writeFile(join(powerbus.folder, 'plugins/9-broken'), '#!/bin/sh\nexit 3\n', { mode: 0o755 })
  await symlink('nowhere', join(powerbus.folder, 'plugins/dangling'))
  const { up, url, code } = await startUp(powerbus, ['--lab', '3'])
  // Most commands run in this process, as the person who started the endpoint; some through the built executable.
  const run = inProcess(powerbus)
  /** `MACHINE: result` of one run with --json, in the order of names. */
  const results = async (...args: string[]) => {
    const { stdout, stderr } = await run(...args, '--json')
    t.equal(stderr.replace(/^powerbus: .*\n/, ''), '')
    return jsonLines(stdout).sort((a, b) => String(a.machine).localeCompare(String(b.machine)))
  }
  const powers = async () =>
    (await results('status')).map(({ machine, result }) => `${machine} ${Reflect.get(Object(result), 'Power')}`)

  t.test("the lab rack's machines exist, and status shows them powered on", async (t) => {
    const { stdout, code } = await powerbus.run(['machines'])
    t.equal(code, 0)
    t.same(
      stdout.split('\n').map((line) => line.split(' ')[0]),
      ['NAME', 'node-01', 'node-02', 'node-03', ''],
    )
    t.same(await powers(), ['node-01 on', 'node-02 on', 'node-03 on'])
    t.match((await run('status', 'node-02')).stdout, /^MACHINE +POWER\nnode-02 +on\n$/)
  })

  t.test('actions run by their names on names, ranges and all', async (t) => {
    const [cycled] = await results('powercycle', 'node-03')
    t.match(cycled, { machine: 'node-03', ok: true, result: { Power: 'on', Changed: true } })
    const booted = await results('nextbootpxe', 'node-[01-02]')
    t.match(booted, [{ result: { BootDevice: 'pxe', EFI: true, Verified: true } }, { ok: true }])
    const [dry] = await results('poweroff', 'node-01', '--dry-run')
    t.match(dry, { ok: true, result: { DryRun: true } })
    t.same(await powers(), ['node-01 on', 'node-02 on', 'node-03 on'])
    t.match(await results('run', 'status', 'node-01'), [{ ok: true }])
    t.equal((await powerbus.run(['poweroff', 'node-02'])).code, 0)
  })

  t.test('events that match the patterns are printed until Ctrl-C', async (t) => {
    const following = await powerbus.start(['events', 'machines.identify.*', '--json'])
    // It prints nothing when it is ready: the action runs again and again until its events are printed.
    let isPrinted = false
    const printed = following.waitForOutput(/"Phase":"end"/, { timeoutMs: 90_000 }).then(() => {
      isPrinted = true
    })
    while (!isPrinted) await Promise.race([printed, run('identify', 'node-01')])
    following.kill('SIGINT')
    t.match(await following.exited, { code: 0 })
    const events = jsonLines(following.output.stdout)
    t.match(events.at(0), {
      Type: 'machines',
      Action: 'identify',
      Object: { Machine: { Name: 'node-01' }, Plugin: 'ipmi' },
    })
    t.same([...new Set(events.map(({ Action }) => Action))], ['identify'])
    t.equal((await run('events', 'nonsense')).code, 2)
  })

  t.test('wrong use is exit code 2, and nothing is sent', async (t) => {
    const wrong = [
      ['poweroff', 'node-01', 'node-99'],
      ['poweroff'],
      ['poweroff', '--all'],
      ['poweroff', '--all', 'node-01', '--yes'],
      ['poweroff', 'node-[01'],
      ['poweroff', 'node-01', '--param', 'nonsense'],
      ['poweroff', 'node-01', '--param', 'power/dryrun=true'],
      ['createVm', '--plugin', 'lab', '--param', 'virtualbox/nam=x'],
      ['powerof', 'node-01'],
      ['machnes'],
      ['getInfo', 'node-01', '--nonsense'],
      ['machines', 'remove', 'node-01'],
      ['machines', 'remove', 'node-99', '--yes'],
    ]
    const texts = new Map<string, string>()
    const check = async (args: string[]) => {
      const { code, stderr } = await run(...args)
      t.equal(code, 2, args.join(' '))
      texts.set(args.join(' '), stderr)
    }
    for (const args of wrong) await check(args)
    t.match(texts.get('powerof node-01'), /poweroff/)
    t.match(texts.get('machnes'), /machines/)
    t.match(texts.get('poweroff node-01 --param power/dryrun=true'), /power\/dry-run/)
    t.same(await powers(), ['node-01 on', 'node-02 off', 'node-03 on'])
  })

  t.test('a file is imported whole or not at all; importing it again changes nothing', async (t) => {
    const file = join(powerbus.folder, 'rack.csv')
    await writeFile(file, 'name,address,port\nspare-01,127.0.0.1,9\nspare-02,127.0.0.1,99999\n')
    const refused = await run('machines', 'import', file)
    t.equal(refused.code, 2)
    t.match(refused.stderr, /line 3/)
    await writeFile(
      file,
      'name,address,port,mode,param:power/timeout\nspare-01,127.0.0.1,9,ipmitool,5\nspare-02,127.0.0.1,9,ipmitool,wrong\n',
    )
    t.equal((await run('machines', 'import', file)).code, 1, 'the endpoint refuses a value')
    t.equal(JSON.parse((await run('machines', '--json')).stdout).length, 3, 'what was added is taken back')
    await writeFile(file, 'name,address,port,mode,password\nspare-01,127.0.0.1,9,ipmitool,secret-1\nnode-01,,,,\n')
    t.match((await run('machines', 'import', file, '--dry-run')).stdout, /1 would be added/)
    t.match((await run('machines', 'import', file)).stdout, /1 added, 0 changed, 1 as they were/)
    t.match((await run('machines', 'import', file)).stdout, /0 added, 0 changed, 2 as they were/)
    t.notMatch((await run('machines', '--json')).stdout, /secret-1/)
  })

  t.test("a machine's failure is shown in its row, and makes the exit code 1", async (t) => {
    const { code, stdout } = await powerbus.run(['status', 'node-01', 'spare-01'])
    t.equal(code, 1)
    t.match(stdout, /node-01 +on/)
    t.match(stdout, /spare-01 .*ipmi\/username/)
    t.match(jsonLines((await run('status', 'spare-01', '--json')).stdout), [
      { machine: 'spare-01', ok: false, error: { status: 400, code: 'PARAM_MISSING' } },
    ])
    t.equal((await run('machines', 'remove', 'spare-01', '--yes')).code, 0)
  })

  t.test('a machine is added with a password from a file, and not twice', async (t) => {
    const file = join(powerbus.folder, 'password')
    await writeFile(file, 'secret-2\n', { mode: 0o600 })
    const add = ['machines', 'add', 'spare-02', '--address', '127.0.0.1', '--username', 'u', '--password-file', file]
    t.equal((await run(...add)).code, 0)
    t.equal((await run(...add)).code, 2)
    t.equal((await run('machines', 'remove', 'spare-02', '--yes')).code, 0)
  })

  t.test('the one-time code logs in once, and the saved login is private', async (t) => {
    const away = { POWERBUS_HOME: join(powerbus.folder, 'nowhere') }
    t.equal((await powerbus.run(['machines'], { env: away })).code, 1)
    t.equal((await powerbus.run(['login', url], { input: 'wrong\n' })).code, 1)
    t.equal((await powerbus.run(['login', url], { input: `${code}\n` })).code, 0)
    t.equal((await powerbus.run(['login', url], { input: `${code}\n` })).code, 1)
    const next = (await run('login-code')).stdout
    t.equal((await powerbus.run(['login', url], { input: next })).code, 0)
    t.equal((await powerbus.run(['machines'], { env: away })).code, 0)
    t.equal(statSync(join(powerbus.folder, 'config/powerbus/context.json')).mode & 0o777, 0o600)
    const [login] = (await run('tokens', '--json')).stdout.split('\n').filter((line) => line.includes('login from'))
    t.match(JSON.parse(login ?? ''), { Role: 'admin', Scope: 'all', Parent: 'login-code' })
    const saved = await readFile(join(powerbus.folder, 'config/powerbus/context.json'), 'utf8')
    t.equal((await run('logout')).code, 0)
    const afterwards = { ...away, RS_ENDPOINT: url, RS_TOKEN: JSON.parse(saved).token }
    t.equal((await powerbus.run(['machines'], { env: afterwards })).code, 1, 'its token is revoked')
    t.equal((await powerbus.run(['machines'], { env: away })).code, 1)
    const [made] = jsonLines((await run('token', '--days', '1', '--json')).stdout)
    t.ok(Date.parse(String(made?.expires)) <= Date.now() + 86_401_000)
    const given = { ...away, RS_ENDPOINT: url, RS_TOKEN: String(made?.token) }
    t.equal((await powerbus.run(['machines'], { env: given })).code, 0)
  })

  t.test(
    'a token for a script has a name, a role and a life, is listed without its text, and is revoked',
    async (t) => {
      const args = ['--name', 'nightly report', '--role', 'read', '--days', '365', '--owner', 'ada']
      const [made] = jsonLines((await run('token', ...args, '--json')).stdout)
      t.ok(Date.parse(String(made?.expires)) > Date.now() + 364 * 86_400_000)
      const env = { RS_ENDPOINT: url, RS_TOKEN: String(made?.token) }
      t.equal((await powerbus.run(['machines'], { env })).code, 0)
      const refused = await powerbus.run(['machines', 'remove', 'node-01', '--yes'], { env })
      t.match(refused.stdout + refused.stderr, /role is read/)
      const table = (await run('tokens')).stdout
      t.match(table, /^ID +NAME +OWNER +ROLE/)
      t.match(table, /nightly report +user:ada +read +all +operator +20\S+Z +20\S+Z +20\S+Z/)
      t.notOk(table.includes(String(made?.token)))
      t.equal((await powerbus.run(['tokens', 'revoke', 'nobody'], { env })).code, 1)
      t.equal((await run('tokens', 'revoke', String(made?.id))).code, 0)
      t.equal((await powerbus.run(['machines'], { env })).code, 1)
      const [scoped] = jsonLines((await run('token', '--scope', 'machines/node-01', '--json')).stdout)
      const one = { RS_ENDPOINT: url, RS_TOKEN: String(scoped?.token) }
      t.match(
        (await powerbus.run(['tokens', 'list', '--json'], { env: one })).stdout,
        /"Role":"act","Scope":"machines\/\w/,
      )
    },
  )

  t.test('a second endpoint on the same state folder is refused', async (t) => {
    const second = await powerbus.run(['up', '--port', '0'])
    t.equal(second.code, 1)
    t.match(second.stderr, /already runs/)
  })

  t.test('Ctrl-C leaves only the state folder, and the next start has the same machines', async (t) => {
    const children = descendantsOf(up.pid)
    t.ok(children.length > 0)
    up.killGroup('SIGINT')
    t.same(await up.exited, { code: 0, signal: null })
    t.notOk(children.some((pid) => existsSync(`/proc/${pid}`)))
    t.notOk(existsSync(join(powerbus.folder, 'state/endpoint.json')))
    const gone = await powerbus.run(['status'])
    t.equal(gone.code, 1)
    t.match(gone.stderr, /npm start/)
    const again = await startUp(powerbus)
    t.same(await powers(), ['node-01 on', 'node-02 off', 'node-03 on'])
    t.match(await results('getBoot', 'node-01'), [{ result: { BootDevice: 'pxe', EFI: true } }])
    t.notMatch(readFileSync(`/proc/${again.up.pid}/cmdline`, 'latin1'), /secret|password/)
    again.up.kill('SIGTERM')
    t.same(await again.up.exited, { code: 0, signal: null })
  })
})
