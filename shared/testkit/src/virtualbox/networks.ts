import { Answer, failure, syntaxError } from './answer.ts'
import type { HostName, HostNetworks, Nic, Registry } from './registry.ts'
import { versions } from './versions.ts'

/** What a host has after an installation. */
export const freshNetworks: Readonly<Record<HostName, HostNetworks>> = {
  linux: { hostOnly: ['vboxnet0'], hostOnlyNets: [], bridged: ['eth0'], natNets: [] },
  windows: {
    hostOnly: ['VirtualBox Host-Only Ethernet Adapter'],
    hostOnlyNets: [],
    bridged: ['Intel(R) Ethernet Connection (7) I219-LM'],
    natNets: [],
  },
  macos: { hostOnly: [], hostOnlyNets: ['HostNetwork'], bridged: ['en0: Wi-Fi (AirPort)'], natNets: [] },
}

/** Whether host-only networks take the place of host-only adapters, as on macOS since 7.0 (VBOX_WITH_VMNET). */
export function hasHostOnlyNets({ settings }: Registry): boolean {
  return settings.host === 'macos' && versions[settings.version].hasHostOnlyNets
}

/** The output of `list` for a kind of network; undefined for another subcommand. */
export function networkList(what: string | undefined, registry: Registry): Answer | undefined {
  const { networks, settings } = registry
  switch (what) {
    case 'hostonlyifs':
      return listed(networks.hostOnly.map((name) => adapter(name, '192.168.56.1')))
    case 'bridgedifs':
      return listed(networks.bridged.map((name) => adapter(name, '192.168.1.10')))
    case 'hostonlynets':
      return hasHostOnlyNets(registry) ? listed(networks.hostOnlyNets.map(hostOnlyNet)) : undefined
    case 'natnets':
      return listed(networks.natNets.map(settings.version === '6.1' ? oldNatNet : natNet))
    default:
      return undefined
  }
}

/** Why a VM with this adapter does not start. VirtualBox checks no name before. */
export function refusalOf({ kind, adapter: name = '' }: Nic, registry: Registry): Answer | undefined {
  const { networks } = registry
  if (kind === 'hostonly' && hasHostOnlyNets(registry)) {
    const legacy = `Legacy ${name} Network`
    if (!networks.hostOnlyNets.includes(legacy)) networks.hostOnlyNets.push(legacy)
    return refused(
      'Host-only adapters are no longer supported!\n' +
        `VBoxManage: error: For your convenience a host-only network named '${legacy}' has been created with ` +
        "network mask '255.255.255.0' and IP address range '192.168.56.1' - '192.168.56.254'.\n" +
        "VBoxManage: error: To fix this problem, switch to 'Host-only Network' attachment type in the VM settings.\n" +
        'VBoxManage: error:  (VERR_NOT_FOUND)',
    )
  }
  if (kind === 'hostonlynetwork' && !networks.hostOnlyNets.includes(name))
    return refused(`Nonexistent host-only network '${name}' (VERR_INTERNAL_ERROR)`)
  const interfaces = { hostonly: networks.hostOnly, bridged: networks.bridged }[kind]
  if (interfaces && !interfaces.includes(name))
    return refused(`Nonexistent host networking interface, name '${name}' (VERR_INTERNAL_ERROR)`)
  return undefined
}

/** What `modifyvm --nicN` makes of the word, as showvminfo prints it. */
export function attachmentOf(word: string, registry: Registry, place: number): string {
  if (word === 'hostonlynet' && hasHostOnlyNets(registry)) return 'hostonlynetwork'
  const known = ['none', 'null', 'nat', 'bridged', 'intnet', 'hostonly', 'natnetwork', 'generic']
  if (known.includes(word)) return word
  throw syntaxError(`Invalid type '${word}' specfied for NIC ${place + 1}`)
}

const refused = (text: string) => failure(text, 'NS_ERROR_FAILURE', 'ConsoleWrap')

const listed = (blocks: readonly string[]) => new Answer(0, blocks.join(''), '')

function adapter(name: string, address: string): string {
  return [
    `Name:            ${name}`,
    'GUID:            786f6276-656e-4074-8000-0a0027000000',
    'DHCP:            Disabled',
    `IPAddress:       ${address}`,
    'NetworkMask:     255.255.255.0',
    'IPV6Address:     ',
    'IPV6NetworkMaskPrefixLength: 0',
    'HardwareAddress: 0a:00:27:00:00:00',
    'MediumType:      Ethernet',
    `Wireless:        ${/wi-?fi|wlan/i.test(name) ? 'Yes' : 'No'}`,
    `Status:          ${name.includes('down') ? 'Down' : 'Up'}`,
    `VBoxNetworkName: HostInterfaceNetworking-${name}`,
    '\n',
  ].join('\n')
}

/** With the blank line that VirtualBox prints in its midst. */
function hostOnlyNet(name: string): string {
  return [
    `Name:            ${name}`,
    'GUID:            a5a0a0a5-0000-4000-8000-000000000001',
    '',
    `State:           ${name.includes('disabled') ? 'Disabled' : 'Enabled'}`,
    'NetworkMask:     255.255.255.0',
    'LowerIP:         192.168.56.1',
    'UpperIP:         192.168.56.199',
    `VBoxNetworkName: hostonly-${name}`,
    '\n',
  ].join('\n')
}

function natNet(name: string): string {
  return [
    `Name:         ${name}`,
    'Network:      10.0.2.0/24',
    'Gateway:      10.0.2.1',
    'DHCP Server:  Yes',
    'IPv6:         No',
    'IPv6 Prefix:  fd17:625c:f037:2::/64',
    'IPv6 Default: No',
    'loopback mappings (ipv4)',
    '        127.0.0.1=2',
    '\n',
  ].join('\n')
}

function oldNatNet(name: string): string {
  return [
    `NetworkName:    ${name}`,
    'IP:             10.0.2.1',
    'Network:        10.0.2.0/24',
    'IPv6 Enabled:   No',
    'IPv6 Prefix:    fd17:625c:f037:2::/64',
    'DHCP Enabled:   Yes',
    `Enabled:        ${name.includes('disabled') ? 'No' : 'Yes'}`,
    'loopback mappings (ipv4)',
    '        127.0.0.1=2',
    '\n',
  ].join('\n')
}
