import { type AddressInfo, isIP } from 'node:net'
import { hostname } from 'node:os'
import { models } from '@powerbus/drp'
import type { FastifyInstance } from 'fastify'
import type { ApiParts } from './api-parts.ts'

/** What DRP's clients ask for by name, as far as this endpoint has it. */
const FEATURES = [
  'api-v3',
  'common-blob-size',
  'plugin-v2',
  'plugin-v2-safe-config',
  'profileless-machine',
  'roles',
  'sane-exit-codes',
  'secure-param-upgrade',
  'secure-params',
  'threaded-log-levels',
]

/** GOARCH and GOOS, where Node has other words. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }
const SYSTEMS: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' }

const ACTIONS = ['list', 'get', 'create', 'update', 'delete', 'action', 'actions']

/** Answer of `GET info`. There is no DHCP, TFTP, boot provisioning or HA here, and it says so. */
export function endpointInfo({ inventory, supervisor, version, id, address, filePort }: ApiParts, port: number) {
  const held = inventory.kinds().map((kind): [string, number] => [kind, inventory.collection(kind).index.byName.size])
  const counts = [...held, ['plugin_providers', supervisor.providers().length] as const]
  return {
    arch: ARCHITECTURES[process.arch] ?? process.arch,
    os: SYSTEMS[process.platform] ?? process.platform,
    version,
    id,
    local_id: id,
    ha_id: id,
    api_port: port,
    file_port: filePort,
    secure_file_port: port,
    dhcp_port: 0,
    binl_port: 0,
    tftp_port: 0,
    tftp_enabled: false,
    dhcp_enabled: false,
    binl_enabled: false,
    prov_enabled: false,
    secure_prov_enabled: false,
    address: isIP(address) ? address : '',
    server_hostname: hostname(),
    manager: false,
    stats: counts.map(([kind, count]) => ({ name: `${kind}.count`, count })),
    features: FEATURES,
    scopes: Object.fromEntries(Object.keys(models).map((kind) => [kind, scopeOf()])),
    errors: [],
    ha_enabled: false,
    ha_virtual_address: '',
    ha_is_active: true,
    ha_status: 'Up',
    ha_active_id: id,
    ha_passive_state: [],
    License: {},
    ClusterState: {},
  }
}

export function portOf({ server }: FastifyInstance): number {
  return (server.address() as AddressInfo | null)?.port ?? 0
}

function scopeOf(): Readonly<Record<string, object>> {
  return Object.fromEntries(ACTIONS.map((action) => [action, {}]))
}
