import type { FakeVBoxManageOptions, TestScope } from '@powerbus/testkit'
import { test } from 'tap'
import type { NetworkWish } from '../../../src/hypervisor/virtualbox/choose-network.ts'
import { openVirtualBox } from '../../../src/hypervisor/virtualbox/virtualbox.ts'
import { call, newSpec, openBench } from './virtualbox-bench.ts'

/** Makes a VM in the network that is chosen, and starts it. */
async function chosen(t: TestScope, options: FakeVBoxManageOptions, wish: NetworkWish = {}) {
  const { fake } = openBench(t, options)
  const hypervisor = openVirtualBox({ environment: fake.environment, network: wish })
  t.teardown(() => hypervisor.close())
  const networks = await hypervisor.networks?.(call)
  const { id } = await hypervisor.create({ ...newSpec(), ...(networks && { networks }) }, call)
  const [first, second] = fake.vm(id).nics
  const start = async () => {
    await hypervisor.start(id, call)
    return fake.vm(id).state
  }
  return { kind: first?.kind, name: first?.adapter, second: second?.kind, start }
}

const hosts: readonly [string, FakeVBoxManageOptions, string, string][] = [
  ['Linux', {}, 'hostonly', 'vboxnet0'],
  ['Linux, 6.1', { version: '6.1' }, 'hostonly', 'vboxnet0'],
  ['Linux, 7.2', { version: '7.2' }, 'hostonly', 'vboxnet0'],
  ['another adapter', { hostOnly: ['vboxnet2'] }, 'hostonly', 'vboxnet2'],
  ['the usual one of several', { hostOnly: ['vboxnet2', 'vboxnet0'] }, 'hostonly', 'vboxnet0'],
  ['one that is up', { hostOnly: ['vboxnet2 down', 'vboxnet3'] }, 'hostonly', 'vboxnet3'],
  ['Windows', { host: 'windows' }, 'hostonly', 'VirtualBox Host-Only Ethernet Adapter'],
  ['Windows, 7.2', { host: 'windows', version: '7.2', hostOnly: ['VirtualBox #2'] }, 'hostonly', 'VirtualBox #2'],
  ['macOS, 7.0', { host: 'macos' }, 'hostonlynetwork', 'HostNetwork'],
  ['macOS, 7.1', { host: 'macos', version: '7.1' }, 'hostonlynetwork', 'HostNetwork'],
  ['macOS, 7.2', { host: 'macos', version: '7.2', hostOnly: ['vboxnet0'] }, 'hostonlynetwork', 'HostNetwork'],
  ['macOS, 6.1', { host: 'macos', version: '6.1', hostOnly: ['vboxnet0'] }, 'hostonly', 'vboxnet0'],
  ['an enabled one', { host: 'macos', hostOnlyNets: ['disabled one', 'b'] }, 'hostonlynetwork', 'b'],
  ['a NAT network', { hostOnly: [], natNets: ['NatNetwork'] }, 'natnetwork', 'NatNetwork'],
  [
    'a NAT network, 6.1',
    { version: '6.1', hostOnly: [], natNets: ['disabled', 'two words'] },
    'natnetwork',
    'two words',
  ],
  ['a NAT network of macOS', { host: 'macos', hostOnlyNets: [], natNets: ['n'] }, 'natnetwork', 'n'],
]

for (const [title, options, kind, name] of hosts)
  test(`a new VM boots over a network that the host has: ${title}`, async (t) => {
    const { start, ...nic } = await chosen(t, options)
    t.same(nic, { kind, name, second: 'nat' })
    t.equal(await start(), 'running')
  })

const wishes: readonly [NetworkWish, FakeVBoxManageOptions, string, string][] = [
  [{ kind: 'hostonly' }, { hostOnly: ['vboxnet7'] }, 'hostonly', 'vboxnet7'],
  [{ kind: 'hostonly', name: 'vboxnet1' }, { hostOnly: ['vboxnet0', 'vboxnet1'] }, 'hostonly', 'vboxnet1'],
  [{ name: 'vboxnet1' }, { hostOnly: ['vboxnet0', 'vboxnet1'] }, 'hostonly', 'vboxnet1'],
  [{ kind: 'hostonlynet', name: 'b c' }, { host: 'macos', hostOnlyNets: ['a', 'b c'] }, 'hostonlynetwork', 'b c'],
  [{ name: 'b c' }, { host: 'macos', hostOnlyNets: ['a', 'b c'] }, 'hostonlynetwork', 'b c'],
  [{ kind: 'bridged' }, { bridged: ['wlan0', 'eth1 down', 'eth2'] }, 'bridged', 'eth2'],
  [{ kind: 'bridged' }, { host: 'macos' }, 'bridged', 'en0: Wi-Fi (AirPort)'],
  [{ kind: 'bridged', name: 'en0' }, { host: 'macos' }, 'bridged', 'en0: Wi-Fi (AirPort)'],
  [{ name: 'Intel(R) "x" #2' }, { host: 'windows', bridged: ['Intel(R) "x" #2'] }, 'bridged', 'Intel(R) "x" #2'],
  [{ kind: 'natnetwork', name: 'two words' }, { natNets: ['one', 'two words'] }, 'natnetwork', 'two words'],
  [{ kind: 'natnetwork' }, { natNets: ['one'] }, 'natnetwork', 'one'],
  [{ kind: 'intnet' }, {}, 'intnet', 'intnet'],
  [{ kind: 'intnet', name: '--nic2' }, {}, 'intnet', '--nic2'],
  [{ kind: 'intnet', name: `-it's "quoted" $HOME;` }, { version: '6.1' }, 'intnet', `-it's "quoted" $HOME;`],
  [{ kind: 'hostonly', name: '-x "y" \'z\'' }, { hostOnly: ['-x "y" \'z\''] }, 'hostonly', '-x "y" \'z\''],
]

for (const [wish, options, kind, name] of wishes)
  test(`a new VM gets the network that is set: ${JSON.stringify(wish)}`, async (t) => {
    const { start, ...nic } = await chosen(t, options, wish)
    t.same(nic, { kind, name, second: 'nat' })
    t.equal(await start(), 'running')
  })

const refusals: readonly [NetworkWish, FakeVBoxManageOptions, RegExp][] = [
  [{}, { host: 'macos', hostOnlyNets: [] }, /hostonlynet add.*bridged: en0/],
  [{ kind: 'hostonly' }, { host: 'macos' }, /hostonlynet: HostNetwork/],
  [{ kind: 'hostonlynet' }, {}, /hostonly: vboxnet0/],
  [{ kind: 'hostonlynet', name: 'x' }, { version: '6.1', host: 'macos' }, /VirtualBox has hostonly on this host/],
  [{ kind: 'hostonlynet' }, { host: 'macos', hostOnlyNets: ['disabled'] }, /hostonlynet add/],
  [{ kind: 'hostonly', name: 'vboxnet9' }, {}, /"vboxnet9".*hostonlyif create.*hostonly: vboxnet0/],
  [{ kind: 'natnetwork' }, {}, /natnetwork add/],
  [{ kind: 'natnetwork', name: 'x' }, { natNets: ['y'] }, /natnetwork: y/],
  [{ kind: 'bridged' }, { bridged: [] }, /list bridgedifs/],
  [{ kind: 'bridged', name: 'eth' }, {}, /bridged: eth0/],
  [{ name: 'vboxnet0' }, { host: 'macos', hostOnly: ['vboxnet0'] }, /hostonlynet: HostNetwork/],
  [{ name: 'nowhere' }, {}, /"nowhere".*hostonly: vboxnet0; bridged: eth0/],
]

for (const [wish, options, message] of refusals)
  test(`a network that the host lacks is refused with advice: ${JSON.stringify({ ...wish, ...options })}`, async (t) => {
    const { fake } = openBench(t, options)
    const hypervisor = openVirtualBox({ environment: fake.environment, network: wish })
    t.teardown(() => hypervisor.close())
    await t.rejects(async () => hypervisor.networks?.(call), { code: 'TARGET_STATE', message })
  })

test('a list that fails is an error, and no missing network', async (t) => {
  const { fake, hypervisor } = openBench(t)
  fake.fault({ command: 'list', kind: 'error', text: 'Something is broken', times: 9 })
  await t.rejects(async () => hypervisor.networks?.(call), { code: 'TARGET_UNREACHABLE' })
})
