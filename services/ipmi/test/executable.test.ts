import { builtExecutable, launchPlugin, startLabRack } from '@powerbus/testkit'
import { test } from 'tap'

test('the built executable, launched like by DRP, powers a machine over its sockets', async (t) => {
  const { machine: bmc, password } = await startLabRack(t, { cycleOffMs: 300 })
  const plugin = await launchPlugin(t, builtExecutable('plugins/ipmi'))
  t.match(plugin.manifest, { Name: 'ipmi', PluginVersion: 4, AutoStart: true, HasPublish: false })
  await plugin.configure({ Name: 'ipmi' })
  const params = { ...bmc.params, 'detected-bios-mode': 'uefi' }
  const act = (command: string, more: Readonly<Record<string, unknown>> = {}) =>
    plugin.act(command, { ...params, ...more })

  t.match(await act('powerstatus'), { status: 200, body: { Power: 'off' } })
  t.match(await act('poweron'), { status: 200, body: { Power: 'on', Changed: true, Verified: true } })
  t.match(await act('nextbootpxe'), {
    status: 200,
    body: { BootDevice: 'pxe', Persistent: false, EFI: true, Verified: true },
  })
  t.match(await act('powercycle'), { status: 200, body: { Power: 'on', Verified: true, Attempts: 1 } })
  t.equal(bmc.machine.counts.powerCycle, 1)
  t.match(bmc.machine.lastBoot, { device: 'pxe', efi: true })
  t.match(await act('poweroff', { 'power/protected': true }), { status: 409 })
  t.match(await act('powerstatus', { 'ipmi/password': 'wrong-password' }), { status: 409 })
  t.match(await act('powerstatus', { 'ipmi/mode': 'telnet' }), { status: 404 })
  const image = { 'ipmi/virtual-media-url': 'http://192.0.2.8/a.iso', 'ipmi/virtual-media-boot': false }
  t.match(await act('mountVirtualMedia', image), { status: 404 })
  t.match(await act('powerstatus', { 'ipmi/port-ipmitool': 'six' }), { status: 400 })
  t.ok(bmc.machine.isOn())

  for (const secret of [password, 'wrong-password']) t.notOk(plugin.sent().includes(secret))

  t.match(await plugin.post('/api-plugin/v4/stop', {}), { status: 200 })
  t.equal((await plugin.process.exited).code, 0)
})
