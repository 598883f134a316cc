import { startTaskMachine, type TaskMachine, type TaskMachineOptions, type TestScope } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { startContentEndpoint } from './content-endpoint.ts'
import { ipmiContent } from './ipmi-content.ts'
import { ScriptedBmc } from './scripted-bmc.ts'

const endpoint = await startContentEndpoint(tap)

function machineFor(
  t: TestScope & { readonly name: string },
  options: Partial<TaskMachineOptions> = {},
): Promise<TaskMachine> {
  return startTaskMachine(t, { endpoint, content: ipmiContent, name: t.name.replaceAll(/\W+/g, '-'), ...options })
}

test('ipmi-run-commands runs each entry in order, as template and as shell, and logs no text of them', async (t) => {
  const { ipmitool } = new ScriptedBmc()
  const machine = await machineFor(t, {
    ipmitool,
    params: {
      'ipmi/extra-ipmi-commands': [
        `ipmitool mc info >"$HOME/first"; echo "{{.Machine.Name}}" >"$HOME/name"`,
        `ipmitool sol set enabled true 1 || :`,
        `printf '%s' 'END_OF_COMMANDS\n"quoted" $(id) sesame' >"$HOME/second"`,
      ],
    },
  })
  const run = await machine.runTask('ipmi-run-commands')
  t.equal(run.code, 0, run.log)
  t.match(run.log, /Command 1 of 3[\s\S]*Command 2 of 3[\s\S]*Command 3 of 3/)
  t.notMatch(run.log, 'sesame')
  t.same(machine.argsOf('ipmitool'), [
    ['mc', 'info'],
    ['sol', 'set', 'enabled', 'true', '1'],
  ])
  t.equal(machine.read('second'), 'END_OF_COMMANDS\n"quoted" $(id) sesame')
  t.equal(machine.read('name'), `${t.name.replaceAll(/\W+/g, '-')}\n`)
  t.same(run.left, [])
})

test('ipmi-run-commands ends with the first entry that fails, and names its number', async (t) => {
  const machine = await machineFor(t, {
    ipmitool: () => '',
    params: { 'ipmi/extra-ipmi-commands': ['true', 'false; true', 'ipmitool never'] },
  })
  const run = await machine.runTask('ipmi-run-commands')
  t.match(run, { code: 1, log: /command 2 .* status 1/ })
  t.same([machine.argsOf('ipmitool'), run.left], [[], []])
})

test('ipmi-run-commands without a BMC fails only where there are commands, or where that is fatal', async (t) => {
  const machine = await machineFor(t, { device: false })
  t.match(await machine.runTask('ipmi-run-commands'), { code: 0, log: /no IPMI device/ })
  t.equal((await machine.params())['ipmi/enabled'], false)
  await machine.setParams({ 'ipmi/extra-ipmi-commands': ['true'] })
  t.match(await machine.runTask('ipmi-run-commands'), { code: 1, log: /1 commands? for a BMC that is not there/ })
  await machine.setParams({ 'ipmi/extra-ipmi-commands': [], 'ipmi/configure/no-bmc-fatal': true })
  t.match(await machine.runTask('ipmi-run-commands'), { code: 1, log: /no-bmc-fatal/ })
})

test('tracing of the whole script by rs-debug-enable shows no command of ipmi-run-commands', async (t) => {
  const machine = await machineFor(t, {
    params: { 'ipmi/extra-ipmi-commands': ['echo sesame >/dev/null'], 'rs-debug-enable': true },
  })
  const run = await machine.runTask('ipmi-run-commands')
  t.equal(run.code, 0, run.log)
  t.notMatch(run.log, 'sesame')
})

const networks: readonly (readonly [address: string, netmask: string, gateway: string, expected: true | RegExp])[] = [
  ['192.0.2.9', '255.255.255.0', '192.0.2.1', true],
  ['10.1.2.3', '255.255.254.0', '10.1.3.254', true],
  ['10.0.0.1', '255.255.255.254', '10.0.0.0', true],
  ['10.0.0.1', '255.0.0.0', '10.255.255.254', true],
  ['192.0.2.9', '255.255.255.0', '192.0.3.1', /not in one network/],
  ['192.0.2.9', '255.255.255.0', '192.0.2.9', /both/],
  ['192.0.2.0', '255.255.255.0', '192.0.2.1', /address of the network/],
  ['192.0.2.255', '255.255.255.0', '192.0.2.1', /broadcast/],
  ['192.0.2.9', '255.255.255.0', '192.0.2.255', /gateway is .*broadcast/],
  ['192.0.2.9', '255.0.255.0', '192.0.2.1', /ones up to a point/],
  ['192.0.2.9', '0.0.0.0', '192.0.2.1', /ones up to a point/],
  ['192.0.2.256', '255.255.255.0', '192.0.2.1', /address is 192\.0\.2\.256: four numbers/],
  ['192.0.2.010', '255.255.255.0', '192.0.2.1', /four numbers/],
  ['192.0.2', '24', '192.0.2.1', /address is 192\.0\.2: four[\s\S]*netmask is 24: four/],
  ['2001:db8::9', '255.255.255.0', '192.0.2.1', /IPv6 address: only IPv4/],
  ['', '', '192.0.2.1', /address is not set[\s\S]*netmask is not set/],
  [`1.1.1.1'$(id >&2)`, '255.255.255.0', '1.1.1.2', /four numbers/],
]
test('ipmi-network-validation tells settings that fit together from those that do not', async (t) => {
  const machine = await machineFor(t)
  for (const [address, netmask, gateway, expected] of networks) {
    await machine.setParams({
      'ipmi/configure/address': address,
      'ipmi/configure/netmask': netmask,
      'ipmi/configure/gateway': gateway,
    })
    const { code, log } = await machine.runTask('ipmi-network-validation')
    const what = `${address} ${netmask} ${gateway}: ${log}`
    t.equal(code, expected === true ? 0 : 1, what)
    if (expected !== true) t.match(log, expected, what)
    t.notMatch(log, /uid=/)
  }
})

/** Answers of the action status, by Redfish and by IPMI, and what becomes of them. */
const noDriver = { code: 1, stderr: 'Error: POST: Param ipmi/mode: no driver is called "redfish"; there is ipmitool\n' }
const statuses: readonly (readonly [answers: readonly (object | typeof noDriver)[], code: number, log: RegExp])[] = [
  [[{ Status: 'OK', ProcessorStatus: 'Critical' }], 0, /OK/],
  [[{ Status: 'Warning' }], 1, /Warning/],
  [[{ Status: null }], 0, /no status/],
  [[{ Status: '' }], 0, /no status/],
  [[noDriver, { Power: 'on', Healthy: true, Faults: [] }], 0, /no fault/],
  [[noDriver, { Power: 'on', Healthy: false, Faults: ['fan'] }], 1, /fan[\s\S]*reports a fault/],
  [[noDriver, { Power: 'on' }], 1, /neither Status nor Healthy/],
  [[{ Inner: { Status: 'OK', Healthy: true } }], 1, /neither Status nor Healthy/],
  [[{ code: 1, stderr: 'Error: the BMC does not answer\n' }], 1, /the BMC does not answer/],
  [[noDriver, { code: 1, stderr: 'Error: wrong password\n' }], 1, /wrong password/],
]
test('ipmi-status-validation passes a healthy machine only, and asks as the plugin can', async (t) => {
  const machine = await machineFor(t)
  t.match(await machine.runTask('ipmi-status-validation'), { code: 0, log: /skipped/, calls: { length: 0 } })
  await machine.setParams({ 'ipmi/skip-status-validation': false })
  t.match(await machine.runTask('ipmi-status-validation'), { code: 1, log: /FAILED: the action status failed/ })
  for (const [answers, code, log] of statuses) {
    const left = [...answers]
    machine.put('drpcli', ({ args, input }) => {
      t.same(args.slice(0, 2), ['machines', 'runaction'])
      t.same(JSON.parse(input), left.length === answers.length ? { 'ipmi/mode': 'redfish' } : {})
      const answer = left.shift() ?? {}
      return 'stderr' in answer ? (answer as typeof noDriver) : `${JSON.stringify(answer, null, 2)}\n`
    })
    t.match(await machine.runTask('ipmi-status-validation'), { code, log }, JSON.stringify(answers))
  }
})

test('ipmi-install-cert-or-key does nothing without a certificate, and names the tool that is missing', async (t) => {
  const machine = await machineFor(t, { vendor: 'Dell Inc.' })
  t.match(await machine.runTask('ipmi-install-cert-or-key'), { code: 0, log: /nothing to install/ })
  await machine.setParams({ 'ipmi/configure/key': 'a key alone' })
  t.match(await machine.runTask('ipmi-install-cert-or-key'), { code: 0, log: /nothing to install/ })
  await machine.setParams({ 'ipmi/configure/certificate': 'PEM' })
  t.match(await machine.runTask('ipmi-install-cert-or-key'), { code: 0, log: /hardware-tools-install/ })
})

test('ipmi-set-bootorder sets the boot device for all boots and reads it back', async (t) => {
  const bmc = new ScriptedBmc()
  const { ipmitool } = bmc
  const machine = await machineFor(t, { ipmitool, params: { 'detected-bios-mode': 'uefi' } })
  t.match(await machine.runTask('ipmi-set-bootorder'), { code: 0, log: /nothing to do/ })
  t.same(machine.argsOf('ipmitool'), [])
  await machine.setParams({ 'ipmi/bootorder': 'pxe' })
  t.match(await machine.runTask('ipmi-set-bootorder'), { code: 0, log: /boots from pxe/ })
  t.equal(bmc.boot, 'pxe options=persistent,efiboot')
  machine.put('ipmitool', (call) => (call.args[0] === 'chassis' && call.args[1] === 'bootdev' ? '' : ipmitool(call)))
  await machine.setParams({ 'ipmi/bootorder': 'disk' })
  t.match(await machine.runTask('ipmi-set-bootorder'), { code: 1, log: /shows another one/ })
})

test('ipmi-clear-queues empties the queue of an iDRAC, and others have none', async (t) => {
  const dell = await machineFor(t, { vendor: 'Dell Inc.' })
  t.match(await dell.runTask('ipmi-clear-queues'), { code: 0, log: /hardware-tools-install/ })
  dell.put('/racadm', () => 'All jobs in the job queue were cleared.\n')
  t.match(await dell.runTask('ipmi-clear-queues'), { code: 0, log: /is empty/ })
  t.same(dell.argsOf('/racadm'), [['jobqueue', 'delete', '-i', 'JID_CLEARALL']])
  dell.put('/racadm', () => 'ERROR: RAC917 : the Lifecycle Controller is busy\n')
  t.match(await dell.runTask('ipmi-clear-queues'), { code: 1, log: /is busy/ }, 'its status was 0')
})

test('ipmi-record-license writes what the tool shows, and leaves the param where there is no tool', async (t) => {
  const machine = await machineFor(t, { vendor: 'Dell Inc.' })
  machine.put('/racadm', () => 'iDRAC.Embedded.1\n Status = OK\n License Description = iDRAC9 Enterprise License\r\n')
  t.match(await machine.runTask('ipmi-record-license'), { code: 0 })
  t.equal((await machine.params())['ipmi/license'], 'iDRAC9 Enterprise License')

  const hpe = await machineFor(t, { vendor: 'HPE', name: 'hpe' })
  hpe.put(
    '/hponcfg',
    ({ input }) => {
      t.match(input, /<RIB_INFO MODE="read">\s*<GET_ALL_LICENSES\/>/)
      return `<RIBCL><RESPONSE STATUS="0x0000" MESSAGE='No error'/><GET_ALL_LICENSES><LICENSE><LICENSE_TYPE VALUE="iLO Advanced &amp; more"/></LICENSE></GET_ALL_LICENSES></RIBCL>`
    },
    { readsInput: true },
  )
  t.match(await hpe.runTask('ipmi-record-license'), { code: 0 })
  t.equal((await hpe.params())['ipmi/license'], 'iLO Advanced & more')

  const other = await machineFor(t, { name: 'other' })
  t.match(await other.runTask('ipmi-record-license'), { code: 0, log: /cannot be read/ })
  t.same(await other.params(), {})
})

test('ipmi-reset-to-factory resets an iDRAC once, with its mark set before, and forgets the user if told to', async (t) => {
  const { ipmitool } = new ScriptedBmc()
  const machine = await machineFor(t, {
    vendor: 'Dell Inc.',
    ipmitool,
    params: { 'ipmi/username': 'root', 'ipmi/configure/reset-users-to-vendor': true },
  })
  await machine.setParams({ 'ipmi/password': 'only-the-bmc-knows' })
  let marked: unknown
  machine.put('/racadm', async ({ args }) => {
    if (args.length > 1) return 'ERROR: Invalid subcommand syntax.\n'
    marked = (await machine.params())['ipmi/configure/reset-to-factory-complete']
    return 'The configuration has initiated restoration to factory defaults.\n'
  })
  t.match(await machine.runTask('ipmi-reset-to-factory'), { code: 0, log: /keeps its settings/ })
  await machine.setParams({ 'ipmi/configure/reset-to-factory': true })
  const run = await machine.runTask('ipmi-reset-to-factory')
  t.equal(run.code, 0, run.log)
  t.equal(marked, true)
  t.same(machine.argsOf('/racadm'), [['racresetcfg', '-all'], ['racresetcfg']], 'an iDRAC8 knows no option')
  t.notMatch(Object.keys(await machine.params()).join(' '), /ipmi\/(username|password)/)
  t.match(await machine.runTask('ipmi-reset-to-factory'), { code: 0, log: /reset already/ })
  t.equal(machine.argsOf('/racadm').length, 2)
})

test('a BMC that refuses its reset leaves no mark, and one without a tool is a failure that says what to do', async (t) => {
  const wish = { 'ipmi/configure/reset-to-factory': true }
  const machine = await machineFor(t, { vendor: 'Dell Inc.', params: wish })
  t.match(await machine.runTask('ipmi-reset-to-factory'), { code: 1, log: /hardware-tools-install/ })
  machine.put('/racadm', () => 'ERROR: not now\n')
  t.match(await machine.runTask('ipmi-reset-to-factory'), { code: 1, log: /not reset: ERROR: not now/ })
  t.same(await machine.params(), wish)
  const other = await machineFor(t, { vendor: 'Supermicro', params: wish, name: 'other' })
  t.match(await other.runTask('ipmi-reset-to-factory'), { code: 1, log: /reset it at the BMC/ })
  t.same(await other.params(), wish)
})
