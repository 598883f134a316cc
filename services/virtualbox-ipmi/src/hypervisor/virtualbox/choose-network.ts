import { PowerbusError } from '@powerbus/plugin-sdk'
import type { NamedNetwork, NetworkKind } from '../vm.ts'
import { type HostNetwork, howToMake, type ListedKind, networkLists } from './host-networks.ts'

/** What is set of the network of new VMs. */
export interface NetworkWish {
  readonly kind?: NetworkKind | undefined
  readonly name?: string | undefined
}

/** The host's networks of a kind; undefined where this VirtualBox has no such kind. */
export type ListNetworks = (kind: ListedKind) => Promise<readonly HostNetwork[] | undefined>

/** The usual adapter of Linux hosts. A VM may be made before it is there. */
const USUAL = 'vboxnet0'
/** VirtualBox's own name of an internal network. */
const INTERNAL = 'intnet'
const kinds = Object.keys(networkLists) as ListedKind[]

/**
 * The network of a new VM's first adapter, over which it boots: the one that is set, else a host-only network, else a
 * NAT network. It never chooses to bridge by itself: a VM that boots from the network would meet the DHCP servers of
 * the site. On a host without any it is `vboxnet0`, and the VM cannot start before that is made. Throws TARGET_STATE
 * where the host lacks what is set, and on macOS where it has none.
 */
export async function chooseNetwork({ kind, name }: NetworkWish, list: ListNetworks): Promise<NamedNetwork> {
  if (kind === 'intnet') return { kind, name: name ?? INTERNAL }
  const choose = new Choice(list)
  if (name === undefined) return kind ? await choose.ofKind(kind) : await choose.any()
  return await choose.named(name, kind ? [kind] : kinds)
}

class Choice {
  readonly #list: ListNetworks

  constructor(list: ListNetworks) {
    this.#list = list
  }

  async any(): Promise<NamedNetwork> {
    for (const kind of ['hostonlynet', 'hostonly', 'natnetwork'] as const) {
      const found = best((await this.#usable(kind)) ?? [])
      if (found) return { kind, name: found }
    }
    if (await this.#usable('hostonly')) return { kind: 'hostonly', name: USUAL }
    return await this.#refuse('this host has no host-only network', 'hostonlynet')
  }

  async ofKind(kind: ListedKind): Promise<NamedNetwork> {
    const found = best(await this.#required(kind))
    if (found) return { kind, name: found }
    if (kind === 'hostonly') return { kind, name: USUAL }
    return await this.#refuse(`virtualbox/network-kind is ${kind}, and this host has none that is up`, kind)
  }

  async named(name: string, among: readonly ListedKind[]): Promise<NamedNetwork> {
    for (const kind of among) {
      const networks = await (among.length === 1 ? this.#required(kind) : this.#usable(kind))
      // On macOS a host's adapter is `en0: Wi-Fi`; users write `en0`.
      const found =
        networks?.find((network) => network.name === name) ??
        networks?.find((network) => kind === 'bridged' && network.name.startsWith(`${name}: `))
      if (found) return { kind, name: found.name }
    }
    const [kind] = among
    const ofKind = among.length === 1 ? `${kind} network` : 'network'
    return await this.#refuse(
      `this host has no ${ofKind} named ${JSON.stringify(name)} (virtualbox/network-name)`,
      kind,
    )
  }

  /** Undefined where this VirtualBox has no such kind. macOS has no host-only adapters where it has the networks. */
  async #usable(kind: ListedKind): Promise<readonly HostNetwork[] | undefined> {
    return kind === 'hostonly' && (await this.#list('hostonlynet')) ? undefined : await this.#list(kind)
  }

  async #required(kind: ListedKind): Promise<readonly HostNetwork[]> {
    const networks = await this.#usable(kind)
    if (networks) return networks
    const other = kind === 'hostonly' ? 'hostonlynet' : 'hostonly'
    return await this.#refuse(`virtualbox/network-kind is ${kind}, and VirtualBox has ${other} on this host`, other)
  }

  async #refuse(text: string, kind: ListedKind = 'hostonly'): Promise<never> {
    const has: string[] = []
    for (const each of kinds) {
      const names = ((await this.#usable(each)) ?? []).map(({ name }) => name)
      if (names.length > 0) has.push(`${each}: ${names.join(', ')}`)
    }
    const present = has.length > 0 ? ` (this host has ${has.join('; ')})` : ''
    const advice = `${howToMake[kind]}, or set virtualbox/network-kind and virtualbox/network-name${present}`
    throw new PowerbusError('TARGET_STATE', `A new VM has no network: ${text}; ${advice}`)
  }
}

/** The usual name, else the first that is up and not wireless, else the first that is up. */
function best(networks: readonly HostNetwork[]): string | undefined {
  const usual = networks.find(({ name }) => name === USUAL)
  const up = networks.filter(({ isUp }) => isUp)
  return (usual ?? up.find(({ isWireless }) => !isWireless) ?? up[0])?.name
}
