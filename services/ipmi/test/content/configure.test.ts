import { startTaskMachine, type TaskMachine, type TestScope } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { startContentEndpoint } from './content-endpoint.ts'
import { ipmiContent } from './ipmi-content.ts'
import { ScriptedBmc, storedPassword } from './scripted-bmc.ts'
import { changesOf, leaked } from './task-calls.ts'

const endpoint = await startContentEndpoint(tap)

interface Options {
  readonly params?: Readonly<Record<string, unknown>>
  readonly device?: boolean
  readonly helper?: boolean
  readonly realPrograms?: readonly string[]
}

let machines = 0

/** In mode lpar, so that the endpoint's look at a login fails at once: nothing listens there. */
async function machineOf(t: TestScope, bmc: ScriptedBmc, options: Options = {}) {
  machines++
  const name = `machine-${machines}`
  const params = { 'ipmi/mode': 'lpar', ...options.params }
  return startTaskMachine(t, { endpoint, content: ipmiContent, name, ipmitool: bmc.ipmitool, ...options, params })
}

const user = (password: string, more: object = {}) => ({
  'ipmi/configure/user': true,
  'ipmi/configure/username': 'oper',
  'ipmi/configure/password': password,
  ...more,
})

async function runConfigure(machine: TaskMachine, secrets: readonly string[] = []) {
  const run = await machine.runTask('ipmi-configure')
  if (leaked(run, secrets).length > 0) throw new Error(`a secret leaked: ${leaked(run, secrets).join('\n')}`)
  return run
}

test('a machine without a BMC is marked, and ipmi/configure/no-bmc-fatal counts whatever is missing (F3)', async (t) => {
  const bmc = new ScriptedBmc()
  for (const [name, options, silent] of [
    ['no device', { device: false }, 0],
    ['no answer', {}, 99],
  ] as const) {
    bmc.silentFor = silent
    const machine = await machineOf(t, bmc, {
      ...options,
      params: { 'ipmi/address': '192.0.2.1' },
    })
    t.match(await runConfigure(machine), { code: 0, log: /remove ipmi\/enabled/ }, name)
    const params = await machine.params()
    t.equal(params['ipmi/enabled'], false)
    t.notOk('ipmi/address' in params)
    t.match(await runConfigure(machine), { code: 0, log: /ipmi\/enabled is false: nothing to do/ }, 'again')
    await machine.removeParam('ipmi/enabled')
    await machine.setParams({ 'ipmi/configure/no-bmc-fatal': true })
    bmc.silentFor = silent
    t.match(await runConfigure(machine), { code: 1, log: /no-bmc-fatal/ }, name)
  }
})

test('a static address without netmask, and wrong addresses, are refused before anything is set', async (t) => {
  const bmc = new ScriptedBmc()
  const machine = await machineOf(t, bmc, {
    params: { 'ipmi/configure/network': true, 'ipmi/configure/ip-mode': 'static' },
  })
  const rows = [
    [{}, /reserve-ip.*not supported/],
    [{ 'ipmi/configure/reserve-ip': false }, /also needs ipmi\/configure\/address ipmi\/configure\/netmask/],
    [{ 'ipmi/configure/address': '192.0.2.9' }, /also needs ipmi\/configure\/netmask/],
    [{ 'ipmi/configure/netmask': '255.0.255.0' }, /no netmask/],
    [{ 'ipmi/configure/netmask': '255.255.255.0', 'ipmi/configure/address': '192.0.2.256' }, /no IPv4 address/],
    [{ 'ipmi/configure/address': '192.0.2.9', 'ipmi/configure/gateway': '$(touch x)' }, /gateway .* is no IPv4/],
  ] as const
  for (const [params, reason] of rows) {
    await machine.setParams(params)
    const run = await runConfigure(machine)
    t.match(run, { code: 1, log: reason })
    t.strictSame(changesOf(run), [])
  }
})

test('dhcp and static are set where they differ, and a Dell gets its network port', async (t) => {
  const bmc = new ScriptedBmc()
  Object.assign(bmc.mc, { maker: 674, product: '256 (0x0100)' })
  const machine = await machineOf(t, bmc, {
    params: { 'ipmi/configure/network': true, 'ipmi/configure/port': 'shared', 'ipmi/configure/reserve-ip': false },
  })
  const first = await runConfigure(machine)
  t.equal(first.code, 0, first.log)
  t.strictSame(changesOf(first), ['delloem lan set shared', 'lan set 1 ipsrc dhcp'])
  t.notOk(first.calls.some(({ args }) => args[0] === 'reservations'))
  t.match(await machine.params(), { 'ipmi/ipsrc': 'DHCP Address', 'ipmi/macaddr': '52:54:00:AB:CD:EF' })
  bmc.nicPort = 'shared with lom1'
  t.strictSame(changesOf(await runConfigure(machine)), [])

  await machine.setParams({
    'ipmi/configure/ip-mode': 'static',
    'ipmi/configure/address': '192.0.2.9',
    'ipmi/configure/netmask': '255.255.255.0',
    'ipmi/configure/gateway': '192.0.2.1',
  })
  const fixed = await runConfigure(machine)
  t.equal(fixed.code, 0, fixed.log)
  t.strictSame(changesOf(fixed), [
    'lan set 1 ipsrc static',
    'lan set 1 ipaddr 192.0.2.9',
    'lan set 1 netmask 255.255.255.0',
    'lan set 1 defgw ipaddr 192.0.2.1',
  ])
  t.equal((await machine.params())['ipmi/address'], '192.0.2.9')
  t.strictSame(changesOf(await runConfigure(machine)), [])
})

test('without a wished address the one that DHCP gave is reserved, and 501 makes the task go on', async (t) => {
  const bmc = new ScriptedBmc()
  bmc.lan.ipsrc = 'DHCP Address'
  const machine = await machineOf(t, bmc, { params: { 'ipmi/configure/network': true } })
  const run = await runConfigure(machine)
  t.match(run, { code: 0, log: /127\.0\.0\.1 could not be reserved for 52:54:00:ab:cd:ef: .*\S/ })
  const reservation = run.calls.find(({ args }) => args[0] === 'reservations')
  t.strictSame(JSON.parse(reservation?.input ?? ''), { Strategy: 'MAC', Addr: '127.0.0.1', Token: '52:54:00:ab:cd:ef' })
})

test('passwords of all bytes and up to 20 of them reach the BMC, and nobody else', async (t) => {
  for (const password of [
    `a'b"c d#~$;\``,
    'seventeen bytes!!',
    'twenty-bytes---------'.slice(0, 20),
    'ünï-çødé',
    '\\x41%s\\n',
  ]) {
    const bmc = new ScriptedBmc()
    const machine = await machineOf(t, bmc, {
      params: user(password, { 'rs-debug-enable': true }),
    })
    const run = await runConfigure(machine, [password])
    t.equal(run.code, 0, run.log)
    t.strictSame(bmc.users.get(3)?.password?.toString('hex'), storedPassword(password).toString('hex'), password)
    t.match(await machine.params(), { 'ipmi/username': 'oper', 'ipmi/password': password })
  }
})

test('what a BMC refuses fails the task with its words, without the password, and is not recorded as good (F13)', async (t) => {
  const password = 'hunter2-secret'
  const rows = [
    ['user set name', 'Invalid data field in request', /did not take the name oper for slot 3: Invalid data field/],
    [
      'password',
      'Unable to send RAW command (rsp=0xcc): policy',
      /did not take the password.*policy[\s\S]*rules for passwords/,
    ],
    ['user enable', 'no', /did not enable user oper in slot 3: no/],
    ['user priv', 'privilege refused', /no administrator.*privilege refused/],
  ] as const
  for (const [command, text, reason] of rows) {
    const bmc = new ScriptedBmc()
    bmc.refusals.set(command, text)
    const machine = await machineOf(t, bmc, {
      params: user(password, { 'rs-debug-enable': true }),
    })
    const run = await runConfigure(machine, [password])
    t.match(run, { code: 1, log: reason }, run.log)
    t.notOk('ipmi/username' in (await machine.params()))
  }
  const bmc = new ScriptedBmc()
  const machine = await machineOf(t, bmc, { params: user('x'.repeat(21)) })
  for (const [params, reason] of [
    [{}, /must have 1 to 20 bytes; it has 21/],
    [{ 'ipmi/configure/password': password, 'ipmi/configure/username': 'seventeen-letters' }, /1 to 16 bytes/],
    [{ 'ipmi/configure/username': 'oper', 'ipmi/configure/userid': 1 }, /slot from 2 to 63/],
    [{ 'ipmi/configure/userid': 9 }, /no user slot 9.*its slots are 1 2 3 4 5/],
  ] as const) {
    await machine.setParams(params)
    const run = await runConfigure(machine, [password])
    t.match(run, { code: 1, log: reason }, run.log)
    t.strictSame(changesOf(run), [])
  }
})

test('an HPE BMC gets no channel setaccess, and a reset that is waited for', async (t) => {
  const bmc = new ScriptedBmc()
  Object.assign(bmc.mc, { device: 19, maker: 11 })
  const machine = await machineOf(t, bmc, { params: user('hunter2-secret', { 'ipmi/configure/userid': 4 }) })
  const run = await runConfigure(machine, ['hunter2-secret'])
  t.equal(run.code, 0, run.log)
  t.equal(bmc.users.get(4)?.name, 'oper')
  t.equal(bmc.resets, 1)
  t.notOk(changesOf(run).some((command) => /setaccess|access on/.test(command)))
  bmc.refusals.set('mc reset', 'no')
  bmc.users.set(5, { name: 'dr-provision', messaging: false, privilege: 'USER' })
  await machine.setParams({ 'ipmi/service-user': true, 'ipmi/configure/user': false })
  t.match(await runConfigure(machine), {
    code: 0,
    log: /User dr-provision goes into slot 5[\s\S]*did not take the reset/,
  })
})

test('a password is made once, kept in the machine, and used from then on, with and without python (F7)', async (t) => {
  for (const realPrograms of [[], ['python3']]) {
    const bmc = new ScriptedBmc()
    const machine = await machineOf(t, bmc, {
      realPrograms,
      helper: false,
      params: { 'ipmi/configure/user': true, 'ipmi/configure/generate-random-password': true },
    })
    const first = await runConfigure(machine)
    t.equal(first.code, 0, first.log)
    const params = await machine.params()
    const password = String(params['ipmi/configure/password'])
    t.match(password, /^[a-z][a-zA-Z0-9%@^]{8}[a-z]$/)
    t.strictSame(params['ipmi/password'], password)
    t.equal(params['ipmi/username'], 'root')
    t.strictSame(leaked(first, [password]), [])
    const second = await runConfigure(machine, [password])
    t.equal(second.code, 0)
    t.equal((await machine.params())['ipmi/configure/password'], password)
  }
  const machine = await machineOf(t, new ScriptedBmc(), {
    params: {
      'ipmi/configure/generate-random-password': true,
      'ipmi/configure/random-password-settings': `length=9) or exit(0`,
    },
  })
  const refused = await runConfigure(machine)
  t.match(refused, { code: 1, log: /random-password-settings/ })
  t.strictSame(changesOf(refused), [])
})
