import { startLabRack, startTaskMachine, type TestScope } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { startContentEndpoint } from './content-endpoint.ts'
import { ipmiContent } from './ipmi-content.ts'
import { lan6Print, ScriptedBmc } from './scripted-bmc.ts'

const endpoint = await startContentEndpoint(tap)

async function machineWithBmc(
  t: TestScope & { readonly name: string },
  params: object = {},
  { device = true, helper = true } = {},
) {
  const bmc = new ScriptedBmc()
  Object.assign(bmc.lan, { ipaddr: '192.0.2.9', netmask: '255.255.255.0', gateway: '192.0.2.1' })
  const name = t.name.replaceAll(/\W+/g, '-')
  const { ipmitool } = bmc
  const machine = await startTaskMachine(t, {
    endpoint,
    content: ipmiContent,
    name,
    ipmitool,
    params: { ...params },
    device,
    helper,
  })
  return { bmc, machine }
}

const v4 = { address: '192.0.2.9', netmask: '255.255.255.0', gateway: '192.0.2.1', ipsrc: 'Static Address' }
const v6 = { address: '2001:db8::9', netmask: '64', gateway: '2001:db8::1', ipsrc: 'static' }
const named = (values: object, suffix = '') =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`ipmi/${name}${suffix}`, value]))

test('ipmi-inventory records a BMC with IPv4 alone, and changes nothing at it', async (t) => {
  const { machine } = await machineWithBmc(t, { 'ipmi/enabled': false })
  const run = await machine.runTask('ipmi-inventory')
  t.equal(run.code, 0, run.log)
  t.strictSame(await machine.params(), {
    'ipmi/enabled': true,
    'ipmi/macaddr': '52:54:00:AB:CD:EF',
    ...named(v4),
    ...named(v4, '-v4'),
    ...named({ address: '::/255', netmask: '128', gateway: '::', ipsrc: '' }, '-v6'),
  })
  const reads = /^(mc info|help|channel info \d+|lan6? print \d+)$/
  for (const args of machine.argsOf('ipmitool')) t.match(args.join(' '), reads)
  t.same(run.left, [])
  const first = await machine.params()
  t.equal((await machine.runTask('ipmi-inventory')).code, 0)
  t.strictSame(await machine.params(), first, 'a second run finds the same')
})

test('a prefix length stays a text, and nothing is sent to drpcli as an argument, also without a helper', async (t) => {
  const { bmc, machine } = await machineWithBmc(t, {}, { helper: false })
  bmc.lan6 = lan6Print('2001:db8::9/64', '2001:db8::1')
  t.match(await machine.runTask('ipmi-inventory'), { code: 0 })
  t.match(await machine.params(), { ...named(v6, '-v6'), ...named(v4, '-v4'), ...named(v4) })
  for (const args of machine.argsOf('drpcli').filter((args) => args[1] === 'set')) t.equal(args.at(-1), '-')
})

const families = [
  ['both families have a gateway', {}, {}, v4],
  ['both have one, and ipmi/prefer-v6 is true', { 'ipmi/prefer-v6': true }, {}, v6],
  ['ipmi/force-protocol is v6', { 'ipmi/force-protocol': 'v6' }, {}, v6],
  [
    'ipmi/force-protocol is v4, against ipmi/prefer-v6',
    { 'ipmi/force-protocol': 'v4', 'ipmi/prefer-v6': true },
    {},
    v4,
  ],
  ['IPv4 has no gateway', {}, { gateway: '0.0.0.0' }, v6],
  [
    'IPv4 has no gateway, and ipmi/force-protocol is v4',
    { 'ipmi/force-protocol': 'v4' },
    { gateway: '0.0.0.0' },
    {
      ...v4,
      gateway: '0.0.0.0',
    },
  ],
] as const
for (const [when, params, settings, expected] of families) {
  test(`ipmi/address is chosen where ${when}`, async (t) => {
    const { bmc, machine } = await machineWithBmc(t, params)
    bmc.lan6 = lan6Print('2001:db8::9/64', '2001:db8::1')
    Object.assign(bmc.lan, settings)
    const { code, log } = await machine.runTask('ipmi-inventory')
    t.equal(code, 0, log)
    t.match(await machine.params(), named(expected))
  })
}

test('the plain params stay where no family can be chosen, and the log says what decides', async (t) => {
  const { bmc, machine } = await machineWithBmc(t, { 'ipmi/address': '198.51.100.7' })
  bmc.lan.gateway = '0.0.0.0'
  t.match(await machine.runTask('ipmi-inventory'), { code: 0, log: /ipmi\/force-protocol/ })
  t.match(await machine.params(), { 'ipmi/address': '198.51.100.7', 'ipmi/address-v4': '192.0.2.9' })
  await machine.setParams({ 'ipmi/force-protocol': 'v6' })
  t.match(await machine.runTask('ipmi-inventory'), { code: 0, log: /has no such address/ })
  t.match(await machine.params(), { 'ipmi/address': '198.51.100.7' })
})

for (const task of ['ipmi-inventory', 'ipmi-discover']) {
  test(`${task} on a machine without a BMC says so, and fails only where that is fatal`, async (t) => {
    const { machine } = await machineWithBmc(t, { 'ipmi/address': '192.0.2.9' }, { device: false })
    t.match(await machine.runTask(task), { code: 0, log: /no IPMI device/ })
    const params = await machine.params()
    t.equal(params['ipmi/enabled'], false)
    t.notOk('ipmi/address' in params)
    t.same(machine.argsOf('modprobe'), [['ipmi_devintf'], ['ipmi_si'], ['ipmi_ssif']])
    await machine.removeParam('ipmi/enabled')
    await machine.setParams({ 'ipmi/configure/no-bmc-fatal': true })
    t.match(await machine.runTask(task), { code: 1, log: /no-bmc-fatal/ })
  })

  test(`${task} asks a BMC that does not answer five times`, async (t) => {
    const { bmc, machine } = await machineWithBmc(t)
    bmc.silentFor = Number.POSITIVE_INFINITY
    t.match(await machine.runTask(task), { code: 0, log: /does not answer/ })
    t.equal(machine.argsOf('ipmitool').length, 5)
    t.equal((await machine.params())['ipmi/enabled'], false)
  })
}

test('ipmi-discover finds a BMC, and skips a machine whose BMC is not in use', async (t) => {
  const { machine } = await machineWithBmc(t)
  t.match(await machine.runTask('ipmi-discover'), { code: 0, log: /has a BMC/ })
  t.same(await machine.params(), {})
  await machine.setParams({ 'ipmi/enabled': false })
  const before = machine.argsOf('ipmitool').length
  t.match(await machine.runTask('ipmi-discover'), { code: 0, log: /remove the param/ })
  t.equal(machine.argsOf('ipmitool').length, before)
})

test('ipmi-discover runs the task reset-bmc next where the endpoint has it (F16)', async (t) => {
  const { bmc, machine } = await machineWithBmc(t)
  bmc.silentFor = Number.POSITIVE_INFINITY
  const asked: string[] = []
  machine.put('drpcli', ({ args }) => {
    asked.push(args.join(' '))
    return ''
  })
  t.match(await machine.runTask('ipmi-discover'), { code: 0, log: /reset-bmc runs next/ })
  t.same(asked, ['tasks exists reset-bmc', `machines tasks add ${machine.uuid} at 0 reset-bmc`])
})

test('in its stage, ipmi-inventory obeys the list of ipmi/inventory-tasks', async (t) => {
  const { machine } = await machineWithBmc(t, { 'ipmi/inventory-tasks': ['ipmi-inventory', 'not-there'] })
  const options = { stage: 'ipmi-inventory' }
  t.match(await machine.runTask('ipmi-inventory', options), { code: 1, log: /the task not-there, which this endpoint/ })
  t.match(await machine.runTask('ipmi-inventory'), { code: 0 }, 'outside of its stage the list counts for nothing')
  const before = machine.argsOf('ipmitool').length
  await machine.setParams({ 'ipmi/inventory-tasks': [] })
  t.match(await machine.runTask('ipmi-inventory', options), { code: 0, log: /does not name ipmi-inventory/ })
  t.equal(machine.argsOf('ipmitool').length, before)

  const asked: string[] = []
  machine.put('drpcli', ({ args }) => {
    asked.push(args.join(' '))
    return ''
  })
  await machine.setParams({ 'ipmi/inventory-tasks': ['first', 'ipmi-inventory', 'second'] })
  t.match(await machine.runTask('ipmi-inventory', options), { code: 0, log: /first second/ })
  t.same(
    asked.filter((line) => line.includes('inserttask')),
    ['second', 'first'].map((task) => `machines inserttask ${machine.uuid} ${task} 0`),
    'the last goes in first, so that they run in the order of the list',
  )
})

test("a lab BMC behind the machine's ipmitool is inventoried, and its password is in no argument and no log", async (t) => {
  const { machine: bmc, password } = await startLabRack(t, { cycleOffMs: 100 })
  const machine = await startTaskMachine(t, {
    endpoint,
    content: ipmiContent,
    name: 'lab-machine',
    ipmitool: { address: bmc.address, port: bmc.port, username: 'admin', password },
    // The lab's BMCs have no gateway.
    params: { 'ipmi/force-protocol': 'v4', 'ipmi/username': 'admin', 'ipmi/password': password },
  })
  const { code, log, calls } = await machine.runTask('ipmi-inventory')
  t.equal(code, 0, log)
  t.match(await machine.params(), {
    'ipmi/enabled': true,
    'ipmi/address': bmc.address,
    'ipmi/address-v4': bmc.address,
    'ipmi/netmask': '255.255.255.0',
    'ipmi/macaddr': /^02(:[0-9a-f]{2}){5}$/,
    'ipmi/ipsrc': 'Static Address',
  })
  t.notMatch(log + JSON.stringify(calls.map(({ args, input }) => [args, input])), password)
})
