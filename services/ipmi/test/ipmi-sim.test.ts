import { bmcDrivers } from '@powerbus/bmc-drivers'
import { startIpmiSim } from '@powerbus/testkit'
import { test } from 'tap'
import { ipmiPlugin } from '../src/plugin.ts'
import { runAction } from './run-action.ts'

test('the plugin powers and boots a machine behind a BMC that others wrote', async (t) => {
  const [bmc] = await startIpmiSim(t)
  if (!bmc) throw new Error('ipmi_sim has no BMC')
  const drivers = bmcDrivers()
  t.teardown(() => drivers.close())
  const plugin = ipmiPlugin({ drivers })
  const params = {
    'ipmi/address': bmc.address,
    'ipmi/port-ipmitool': bmc.port,
    'ipmi/username': bmc.username,
    'ipmi/password': bmc.password,
    'ipmi/mode': 'ipmitool',
    'detected-bios-mode': 'legacy-bios',
    'power/timeout': 20,
    'power/soft-timeout': 5,
  }
  const run = (action: string, more: Readonly<Record<string, unknown>> = {}) =>
    runAction(plugin, action, { ...params, ...more })

  t.match(await run('powerstatus'), { Power: 'off' })
  t.match(await run('poweron'), { Power: 'on', Changed: true, Verified: true })
  t.ok(bmc.power())
  t.match(await run('powercycle'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
  t.match(await run('powerreset'), { Power: 'on', Changed: true })
  await t.rejects(run('powerdiag'), { code: 'IPMI_COMPLETION', message: /CCh/ }, 'it has no diagnostic interrupt')
  // It keeps the device selector only: no valid bit, no persistence, no UEFI.
  for (const [action, device, kept] of [
    ['nextbootpxe', 'pxe', 'pxe'],
    ['nextbootdisk', 'disk', 'default'],
    ['nextbootcd', 'cdrom', 'cdrom'],
    ['nextbootbios', 'bios', 'bios'],
  ] as const) {
    t.match(await run(action), { BootDevice: device, Persistent: false, EFI: false, Verified: false }, action)
    t.equal(bmc.bootDevice(), kept)
  }
  t.strictSame(await run('identify', { 'ipmi/identify-duration': 7 }), { Identify: 'on', Seconds: 7 })
  t.ok(bmc.orders().some((order) => order.startsWith('identify 7')))
  t.match(await run('getInfo'), { IpmiVersion: '2.0', Firmware: '9.08', ManufacturerId: 0x1291, ProductId: 0xf02 })
  t.match(await run('status'), { Power: 'on', SelfTest: 'not-supported', RestartCause: null })
  t.match(await run('powershutdown'), { Power: /^(?:on|off)$/ })
  t.ok(bmc.orders().some((order) => order.startsWith('shutdown')))
  t.match(await run('poweroff'), { Power: 'off', Verified: true })
  t.notOk(bmc.power())
  await t.rejects(run('powerstatus', { 'ipmi/password': 'wrong' }), { code: 'AUTH_FAILED' })
})
