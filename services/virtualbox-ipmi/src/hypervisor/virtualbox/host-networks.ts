import type { NamedNetwork, NetworkKind } from '../vm.ts'

/** A network of the host, or an adapter of the host that VMs can use. */
export interface HostNetwork {
  readonly name: string
  /** False where it is down or disabled. */
  readonly isUp: boolean
  /** A wireless adapter drops frames of other MACs, such as those of bridged VMs. */
  readonly isWireless: boolean
}

/** Kinds of networks that the host has a list of. An internal network comes about with its first VM. */
export type ListedKind = Exclude<NetworkKind, 'intnet'>

/** The words of `VBoxManage list`. */
export const networkLists: Readonly<Record<ListedKind, string>> = {
  hostonly: 'hostonlyifs',
  hostonlynet: 'hostonlynets',
  natnetwork: 'natnets',
  bridged: 'bridgedifs',
}

/** The first line of an entry; the name is in a column of its own. 6.1 prints `NetworkName:` for NAT networks. */
const NAME = /^(?:Network)?Name: {1,12}(.+)$/
const FIELD = /^(\w+): *(.*)$/

/**
 * Reads the output of `list` for a kind of network. An entry goes on to the next name, since it may have a blank line in
 * its midst.
 */
export function readNetworks(text: string): HostNetwork[] {
  const found: Map<string, string>[] = []
  for (const line of text.split(/\r?\n/)) {
    const name = NAME.exec(line)?.[1]
    if (name !== undefined) found.push(new Map([['Name', name]]))
    const [, key = '', value = ''] = (name === undefined && FIELD.exec(line)) || []
    if (key !== '') found.at(-1)?.set(key, value.trim())
  }
  return found.map((fields) => ({
    name: fields.get('Name') ?? '',
    isUp: fields.get('Status') !== 'Down' && fields.get('State') !== 'Disabled' && fields.get('Enabled') !== 'No',
    isWireless: fields.get('Wireless') === 'Yes',
  }))
}

const HOST_ONLY_OPTIONS = '--netmask 255.255.255.0 --lower-ip 192.168.56.1 --upper-ip 192.168.56.199 --enable'

/** How a network of the kind is made, as advice. */
export const howToMake: Readonly<Record<ListedKind, string>> = {
  hostonly: 'make one with `VBoxManage hostonlyif create`',
  hostonlynet: `make one with \`VBoxManage hostonlynet add --name HostNetwork ${HOST_ONLY_OPTIONS}\``,
  natnetwork: 'make one with `VBoxManage natnetwork add --netname NAME --network 10.0.3.0/24 --enable --dhcp on`',
  bridged: 'see the adapters of the host with `VBoxManage list bridgedifs`',
}

/** Options of modifyvm for the adapter with this number, in words that 6.1 and all later versions take. */
export function networkOptions({ kind, name }: NamedNetwork, number: number): string[] {
  const option: Readonly<Record<NetworkKind, string>> = {
    hostonly: 'hostonlyadapter',
    hostonlynet: 'host-only-net',
    bridged: 'bridgeadapter',
    intnet: 'intnet',
    natnetwork: 'nat-network',
  }
  return [`--${option[kind]}${number}`, name]
}
