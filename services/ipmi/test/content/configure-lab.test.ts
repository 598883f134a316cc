import { runIpmiTool, startLabRack, startTaskMachine } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { startContentEndpoint } from './content-endpoint.ts'
import { ipmiContent } from './ipmi-content.ts'
import { changesOf, leaked } from './task-calls.ts'

const endpoint = await startContentEndpoint(tap)

test('a BMC is recorded, then gets address and users from its machine, and a second run changes nothing', async (t) => {
  const { machine: lab, password } = await startLabRack(t, { cycleOffMs: 100 })
  const bmc = { address: lab.address, port: lab.port, username: 'admin', password }
  const before = ['ipsrc none', 'ipaddr 127.0.0.1', 'netmask 255.255.0.0', 'macaddr 52:54:00:ab:cd:ef']
  for (const setting of before) await runIpmiTool(bmc, ['lan', 'set', '1', ...setting.split(' ')])
  const machine = await startTaskMachine(t, {
    endpoint,
    content: ipmiContent,
    name: 'lab',
    ipmitool: bmc,
    params: { 'ipmi/port-ipmitool': bmc.port, 'ipmi/mode': 'ipmitool' },
  })

  const recorded = await machine.runTask('ipmi-configure')
  t.equal(recorded.code, 0, recorded.log)
  t.strictSame(changesOf(recorded), [], 'without wishes nothing is sent that changes the BMC')
  t.match(await machine.params(), {
    'ipmi/enabled': true,
    'ipmi/address': '127.0.0.1',
    'ipmi/netmask': '255.255.0.0',
    'ipmi/gateway': '0.0.0.0',
    'ipmi/macaddr': '52:54:00:ab:cd:ef',
    'ipmi/ipsrc': 'Unspecified',
  })

  const wished = `p"w #~'$;\`x`
  await machine.setParams({
    'rs-debug-enable': true,
    'ipmi/configure/network': true,
    'ipmi/configure/ip-mode': 'static',
    'ipmi/configure/address': '127.0.0.1',
    'ipmi/configure/netmask': '255.0.0.0',
    'ipmi/configure/gateway': '127.0.0.254',
    'ipmi/configure/user': true,
    'ipmi/configure/username': 'o p$er',
    'ipmi/configure/password': wished,
    'ipmi/service-user': true,
  })
  const configured = await machine.runTask('ipmi-configure')
  t.equal(configured.code, 0, configured.log)
  t.match(configured.log, /127\.0\.0\.1 could not be reserved for 52:54:00:ab:cd:ef/, '501 is no reason to stop')
  const params = await machine.params()
  t.match(params, { 'ipmi/username': 'dr-provision', 'ipmi/password': /^dR[0-9a-zA-Z]{10}0!$/ })
  t.match(params, { 'ipmi/ipsrc': 'Static Address', 'ipmi/netmask': '255.0.0.0', 'ipmi/gateway': '127.0.0.254' })
  const secrets = [wished, String(params['ipmi/password'])]
  t.strictSame(leaked(configured, secrets), [])
  t.strictSame([...new Set(machine.executedFiles.map(({ mode }) => mode))], [0o600])

  for (const [username, password] of [
    ['o p$er', wished],
    ['dr-provision', secrets[1] ?? ''],
  ] as const) {
    const login = await runIpmiTool({ ...bmc, username, password }, ['mc', 'guid'])
    t.equal(login.code, 0, `${username} logs in: ${login.stderr}`)
  }

  const repeated = await machine.runTask('ipmi-configure')
  t.equal(repeated.code, 0, repeated.log)
  t.match(repeated.log, /User o p\$er works already\n[\s\S]*User dr-provision works already/)
  t.strictSame(changesOf(repeated), [])
  t.strictSame(await machine.params(), params)
  t.strictSame(leaked(repeated, secrets), [])
})
