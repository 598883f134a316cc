import { startLab } from '@powerbus/lab'
import { builtExecutable, launchPlugin } from '@powerbus/testkit'
import { test } from 'tap'

const credentials = { username: 'admin', password: 'only-the-bmc-knows' }
test('the built executable is launched as DRP does, and powers a machine over its sockets', async (t) => {
  const lab = await startLab({ count: 1, address: '127.0.0.1', port: 0, credentials, times: { cycleOffMs: 300 } })
  t.teardown(() => lab.close())
  const [bmc] = lab.bmcs
  if (!bmc) throw new Error('the lab has no BMC')
  const plugin = await launchPlugin(t, builtExecutable('plugins/ipmi'))
  t.match(plugin.manifest, { Name: 'ipmi', PluginVersion: 4, AutoStart: true, HasPublish: false })
  t.match(await plugin.config({ Name: 'ipmi' }), { status: 200 })

  const Params = {
    'ipmi/address': bmc.address,
    'ipmi/port-ipmitool': bmc.port,
    'ipmi/username': credentials.username,
    'ipmi/password': credentials.password,
    'ipmi/mode': 'ipmitool',
    'detected-bios-mode': 'uefi',
    'power/min-gap': 0,
  }
  const Model = { Name: 'node-01', Uuid: '6a7e0f0e-5a9f-4a39-9f6e-6d1b7c1b8a11' }
  const act = async (Command: string, params: Readonly<Record<string, unknown>> = {}) => {
    const action = { Model, Plugin: 'ipmi', Command, CommandSet: '', Params: { ...Params, ...params } }
    const answer = await plugin.action(action)
    return { status: answer.status, body: answer.json() }
  }

  t.match(await act('powerstatus'), { status: 200, body: { Power: 'off' } })
  t.match(await act('poweron'), { status: 200, body: { Power: 'on', Changed: true, Verified: true } })
  t.match(await act('nextbootpxe'), {
    status: 200,
    body: { BootDevice: 'pxe', Persistent: false, EFI: true, Verified: true },
  })
  t.match(await act('powercycle'), { status: 200, body: { Power: 'on', Verified: true, Attempts: 1 } })
  t.equal(bmc.machine.counts.powerCycle, 1)
  t.match(bmc.machine.state.lastBoot, { device: 'pxe', efi: true })
  t.match(await act('poweroff', { 'power/protected': true }), { status: 409 })
  t.match(await act('powerstatus', { 'ipmi/password': 'wrong-password' }), { status: 409 })
  t.match(await act('powerstatus', { 'ipmi/mode': 'redfish' }), { status: 404 })
  t.match(await act('mountVirtualMedia'), { status: 404 })
  t.match(await act('powerstatus', { 'ipmi/port-ipmitool': 'six' }), { status: 400 })
  t.ok(bmc.machine.isOn())

  const printed = JSON.stringify(plugin.received) + JSON.stringify(plugin.process.output)
  for (const secret of [credentials.password, 'wrong-password']) t.notMatch(printed, secret)

  t.match(await plugin.post('/api-plugin/v4/stop', {}), { status: 200 })
  t.equal((await plugin.process.exited).code, 0)
})
