import { userInfo } from 'node:os'
import { join } from 'node:path'
import { fakeVBoxManage, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { startPlugin } from './fixtures/running-plugin.ts'

const FOREIGN = '3F2B6A1E-0000-4000-8000-00000000000A'
const user = { 'virtualbox/user': userInfo().username }

test('faults of VirtualBox are reported, and destroy nothing', async (t) => {
  const fake = fakeVBoxManage(t)
  fake.add({ id: FOREIGN, name: 'foreign' })
  const plugin = await startPlugin(t, { ...user, 'virtualbox/command': join(fake.folder, 'nowhere') })
  t.match((await plugin.errors()).join(), /virtualbox\/command/)
  await plugin.configure({ 'virtualbox/command': fake.command })
  t.same(await plugin.errors(), [])
  await plugin.configure({ 'virtualbox/bmc-address': 'nonsense' })
  t.match((await plugin.errors()).join(), /virtualbox\/bmc-address/)
  await plugin.configure({ 'virtualbox/bmc-address': '' })
  const { act, order } = plugin
  await plugin.machine('foreign')

  fake.fault({
    command: 'startvm',
    kind: 'error',
    text: 'The machine is already locked',
    result: 'VBOX_E_INVALID_OBJECT_STATE',
    times: 2,
  })
  t.match(await act('foreign', 'poweron'), { Power: 'on', Verified: true }, 'locked for a while')
  fake.change(FOREIGN, { state: 'aborted' })
  t.match(await act('foreign', 'powerstatus'), { Power: 'off' })
  t.match(await act('foreign', 'poweron'), { Power: 'on', Changed: true })
  fake.change(FOREIGN, { inaccessible: true, state: 'poweroff' })
  t.match(await act('foreign', 'poweron'), { status: 409 })
  fake.change(FOREIGN, { inaccessible: false })

  fake.setHostOnly([])
  const { Uuid } = await plugin.drp.machines.create({ Name: 'no-network', Params: { 'machine-plugin': 'vms' } })
  await plugin.machine('no-network', ({ Params }) => Params['virtualbox/id'] !== undefined)
  t.equal(fake.vm(Uuid).name, 'no-network', 'VirtualBox makes a VM whose network is missing')
  t.match(await order('createVm', { 'virtualbox/name': 'no-network-2' }), { Name: 'no-network-2' })
  t.match(await act('no-network', 'poweron'), { status: 409 }, 'and does not start it')
  t.match(await order('startVm', { 'virtualbox/name': 'no-network-2' }), { status: 409 })
  fake.setHostOnly(['vboxnet0'])
  t.match(await order('startVm', { 'virtualbox/name': 'no-network-2' }), { Power: 'on', Verified: true })
  await plugin.drp.machines.delete(Uuid)
  const names = () => fake.vms().map(({ name }) => name)
  await waitUntil('its VM to go', () => !names().includes('no-network'), { timeoutMs: 60_000 })
  t.same(names().sort(), ['foreign', 'no-network-2'])
})

test('createVm makes a VM in the network that is set, or says what the host has', async (t) => {
  const fake = fakeVBoxManage(t, { version: '7.2', host: 'macos' })
  const { order, configure, errors } = await startPlugin(t, { ...user, 'virtualbox/command': fake.command })
  const network = async (name: string) => {
    const { Id } = await order('createVm', { 'virtualbox/name': name })
    const [first] = fake.vm(String(Id)).nics
    return [first?.kind, first?.adapter]
  }
  t.same(await network('a'), ['hostonlynetwork', 'HostNetwork'])
  await configure({ 'virtualbox/network-kind': 'intnet', 'virtualbox/network-name': '-lab "net"' })
  t.same(await errors(), [])
  t.same(await network('b'), ['intnet', '-lab "net"'])
  await configure({ 'virtualbox/network-kind': 'hostonly' })
  t.match(await order('createVm', { 'virtualbox/name': 'c' }), { status: 409, text: /hostonlynet: HostNetwork/ })
  t.equal(fake.vms().length, 2)
  await configure({ 'virtualbox/bmc-address': '192.0.2.7' })
  t.match((await errors()).join(), /virtualbox\/bmc-address is 192\.0\.2\.7/)
})
