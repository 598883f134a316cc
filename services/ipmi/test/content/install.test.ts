import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type StandIn, startTaskMachine, type TaskMachine, type TestScope } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { startContentEndpoint } from './content-endpoint.ts'
import { ipmiContent } from './ipmi-content.ts'

const endpoint = await startContentEndpoint(tap)

/** A machine with package managers, of which one installs ipmitool where `installs` says so. */
async function machineWith(
  t: TestScope & { readonly name: string },
  managers: readonly string[],
  { installs = true, osRelease = '', params = {} }: { installs?: boolean; osRelease?: string; params?: object } = {},
): Promise<TaskMachine> {
  const programs: Record<string, StandIn> = {}
  for (const name of managers) {
    programs[name] = ({ args }) => {
      if (args.some((word) => word === 'install' || word === 'add') && installs) machine.put('ipmitool', () => '')
      return installs ? 'working\n' : { code: 100, stderr: 'E: no such package\n' }
    }
  }
  const machine = await startTaskMachine(t, {
    endpoint,
    content: ipmiContent,
    name: t.name.replaceAll(/\W+/g, '-'),
    programs,
    params: { ...params, 'ipmi/address': '192.0.2.9' },
  })
  if (osRelease !== '') writeFileSync(join(machine.root, 'etc/os-release'), osRelease)
  return machine
}

test('ipmi-install does nothing where ipmitool is there', async (t) => {
  const machine = await machineWith(t, ['dnf'])
  machine.put('ipmitool', () => '')
  t.match(await machine.runTask('ipmi-install'), { code: 0, log: /there already/, calls: { length: 0 } })
})

for (const [manager, osRelease, install] of [
  ['dnf', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', '-y install ipmitool'],
  ['yum', '', '-y install ipmitool'],
  ['apt-get', 'ID=debian\n', '-y -o DPkg::Lock::Timeout=120 install --no-install-recommends ipmitool'],
  ['zypper', 'ID="sles"\nID_LIKE="suse"\n', '--non-interactive install ipmitool'],
  ['apk', 'ID=alpine\n', 'add ipmitool'],
] as const) {
  test(`ipmi-install uses ${manager}, and never forces anything`, async (t) => {
    const machine = await machineWith(t, [manager, ...(osRelease === '' ? [] : ['yum', 'apt-get'])], { osRelease })
    const { code, log } = await machine.runTask('ipmi-install')
    t.equal(code, 0, log)
    const calls = machine.argsOf(manager).map((args) => args.join(' '))
    t.ok(calls.includes(install), calls.join('; '))
    t.notMatch(calls.join(' '), 'force')
  })
}

test('ipmi-install fails where the package manager fails, and where it installs nothing', async (t) => {
  const failing = await machineWith(t, ['apt-get'], { installs: false })
  t.match(await failing.runTask('ipmi-install'), { code: 1, log: /E: no such package[\s\S]*status 100/ })
  failing.put('apt-get', () => '')
  t.match(await failing.runTask('ipmi-install'), { code: 1, log: /no ipmitool on the PATH/ })
})

test('ipmi-install marks a machine without a package manager as one without a BMC', async (t) => {
  const machine = await machineWith(t, [])
  t.match(await machine.runTask('ipmi-install'), { code: 0, log: /none of dnf/ })
  const params = await machine.params()
  t.equal(params['ipmi/enabled'], false)
  t.notOk('ipmi/address' in params)
  await machine.setParams({ 'ipmi/configure/no-bmc-fatal': true })
  t.match(await machine.runTask('ipmi-install'), { code: 1, log: /no-bmc-fatal/ })
})
