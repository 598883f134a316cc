import { createHash } from 'node:crypto'
import { type MetalDevice, type Step, stateAt } from './metal-device.ts'
import { BASE_PATH } from './metal-paging.ts'

const OPERATING_SYSTEMS: Readonly<Record<string, string>> = { custom_ipxe: 'Custom iPXE' }

/** The API's representation of a device at `nowMs`. It has no addresses and ports until the device got them. */
export function deviceAnswer(device: MetalDevice, nowMs: number): Record<string, unknown> {
  const { id, settings } = device
  const state = stateAt(device, nowMs)
  const metro = metroAnswer(device.metro)
  const href = `${BASE_PATH}/devices/${id}`
  return {
    id,
    short_id: id.slice(0, 8),
    href,
    ...settings,
    state,
    created_at: new Date(device.createdMs).toISOString(),
    updated_at: new Date(device.updatedMs).toISOString(),
    actions: actionsIn(state),
    facility: {
      id: idOf('facility', device.facility),
      code: device.facility,
      name: device.facility.toUpperCase(),
      metro,
      features: ['baremetal'],
    },
    metro,
    plan: { id: idOf('plan', device.plan), slug: device.plan, name: device.plan, line: 'baremetal' },
    operating_system: {
      id: idOf('os', device.operatingSystem),
      slug: device.operatingSystem,
      name: OPERATING_SYSTEMS[device.operatingSystem] ?? device.operatingSystem,
    },
    project: { href: `${BASE_PATH}/projects/${device.projectId}` },
    ip_addresses: has(device.addressesAtMs, nowMs) ? addressesOf(device, href) : [],
    network_ports: has(device.portsAtMs, nowMs) ? portsOf(device) : [],
    ...(state === 'provisioning' && { provisioning_percentage: provisionedPercent(device, nowMs) }),
    sos: `${id}@sos.${device.facility}.packet.net`,
    ssh_keys: [],
    volumes: [],
  }
}

/** Past states of the device as events of the API, newest first. */
export function eventAnswers(device: MetalDevice, nowMs: number): Record<string, unknown>[] {
  const href = `${BASE_PATH}/devices/${device.id}`
  const past = device.course.filter(({ fromMs }) => fromMs <= nowMs)
  return past.map((step, index) => eventAnswer(device, step, index, href)).reverse()
}

/** MAC addresses of eth0 and eth1. */
export function macsOf({ number }: MetalDevice): readonly [string, string] {
  const octets = (first: number) => [16, 8, 0].map((shift) => ((first >>> shift) & 0xff).toString(16).padStart(2, '0'))
  return [`02:10:0c:${octets(number * 2).join(':')}`, `02:10:0c:${octets(number * 2 + 1).join(':')}`]
}

function eventAnswer(device: MetalDevice, { state, fromMs }: Step, index: number, href: string) {
  const id = idOf('event', `${device.id}/${index}`)
  return {
    id,
    href: `${BASE_PATH}/events/${id}`,
    type: `instance.${state}`,
    state: 'success',
    body: `${device.settings.hostname} is ${state}`,
    interpolated: `${device.settings.hostname} is ${state}`,
    created_at: new Date(fromMs).toISOString(),
    relationships: [{ href }],
  }
}

function has(atMs: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && atMs <= nowMs
}

function actionsIn(state: string): { type: string; name: string }[] {
  const types = state === 'active' ? ['power_off', 'reboot', 'rescue'] : state === 'inactive' ? ['power_on'] : []
  return types.map((type) => ({ type, name: type.replace('_', ' ') }))
}

function metroAnswer(code: string) {
  return { id: idOf('metro', code), code, name: code.toUpperCase(), country: 'XX' }
}

function provisionedPercent(device: MetalDevice, nowMs: number): number {
  const from = device.course.find(({ state }) => state === 'provisioning')?.fromMs ?? nowMs
  const to = device.course.find(({ state }) => state === 'active')?.fromMs ?? nowMs * 2
  return Math.min(99, Math.floor((100 * (nowMs - from)) / Math.max(1, to - from)))
}

/** Public addresses from the ranges for benchmarks and documentation (RFC 2544, RFC 3849), which nobody owns. */
function addressesOf({ id, number, createdMs, isElastic }: MetalDevice, deviceHref: string) {
  const [high, low] = [Math.floor(number / 64) % 256, (number % 64) * 4]
  const shared = {
    created_at: new Date(createdMs).toISOString(),
    enabled: true,
    global_ip: false,
    manageable: true,
    management: true,
  }
  const entry = (name: string, fields: Readonly<Record<string, unknown>>) => {
    const own = idOf(name, id)
    return { id: own, href: `${BASE_PATH}/ips/${own}`, ...fields, ...shared, assigned_to: { href: deviceHref } }
  }
  const v4 = (net: string, isPublic: boolean) => ({
    address: `${net}.${high}.${low + 2}`,
    address_family: 4,
    cidr: 30,
    gateway: `${net}.${high}.${low + 1}`,
    netmask: '255.255.255.252',
    network: `${net}.${high}.${low}`,
    public: isPublic,
  })
  const prefix = `2001:db8:${number.toString(16)}:`
  const v6 = {
    address: `${prefix}:2`,
    address_family: 6,
    cidr: 127,
    gateway: `${prefix}:1`,
    network: `${prefix}:`,
    public: true,
  }
  const own = [entry('v6', v6), entry('v4', v4('198.18', true)), entry('private', v4('10.99', false))]
  // An elastic address is a single one (/32), and no management address.
  const elastic = { ...entry('elastic', v4('198.19', true)), cidr: 32, netmask: '255.255.255.255', management: false }
  return isElastic ? [elastic, ...own] : own
}

function portsOf(device: MetalDevice) {
  const bond = { id: idOf('bond0', device.id), name: 'bond0' }
  const entry = (name: string) => {
    const id = idOf(name, device.id)
    return { id, href: `${BASE_PATH}/ports/${id}`, name, virtual_networks: [], disbond_operation_supported: true }
  }
  return [
    { ...entry('bond0'), type: 'NetworkBondPort', network_type: 'layer3', data: { bonded: true } },
    ...macsOf(device).map((mac, index) => ({
      ...entry(`eth${index}`),
      type: 'NetworkPort',
      data: { mac, bonded: true },
      bond,
    })),
  ]
}

/** A UUID derived from kind and name, the same in each run. */
function idOf(kind: string, name: string): string {
  const hex = createHash('sha256').update(`${kind} ${name}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
