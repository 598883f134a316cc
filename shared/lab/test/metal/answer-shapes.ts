import { flag, free, list, moment, open, text, uuid, whole } from '../../src/metal/metal-shapes.ts'

/**
 * Shapes of the Metal API's answers as JSON schemas, with the names and types of its last public OpenAPI description.
 * They have only the fields that the emulated cloud fills in.
 */
const href = open({ href: text }, ['href'])

const metro = open({ id: uuid, code: text, name: text, country: text }, ['id', 'code', 'name'])
const address = open(
  {
    id: uuid,
    href: text,
    address: text,
    address_family: { enum: [4, 6] },
    cidr: whole,
    created_at: moment,
    enabled: flag,
    gateway: text,
    global_ip: flag,
    manageable: flag,
    management: flag,
    netmask: text,
    network: text,
    public: flag,
    assigned_to: href,
  },
  ['id', 'address', 'address_family', 'public', 'cidr'],
)
const port = open(
  {
    id: uuid,
    href: text,
    name: text,
    type: { enum: ['NetworkPort', 'NetworkBondPort'] },
    network_type: { enum: ['layer2-bonded', 'layer2-individual', 'layer3', 'hybrid', 'hybrid-bonded'] },
    disbond_operation_supported: flag,
    data: open({ mac: text, bonded: flag }),
    bond: open({ id: uuid, name: text }),
    virtual_networks: list(href),
  },
  ['id', 'name', 'type', 'data'],
)
const event = open(
  {
    id: uuid,
    href: text,
    type: text,
    state: text,
    body: text,
    interpolated: text,
    created_at: moment,
    relationships: list(href),
  },
  ['id', 'type', 'created_at'],
)

export const device = open(
  {
    id: uuid,
    short_id: text,
    href: text,
    hostname: text,
    description: text,
    state: {
      enum: [
        'queued',
        'provisioning',
        'deprovisioning',
        'reinstalling',
        'active',
        'inactive',
        'failed',
        'powering_on',
        'powering_off',
        'deleted',
      ],
    },
    tags: list(text),
    always_pxe: flag,
    ipxe_script_url: text,
    billing_cycle: text,
    customdata: free,
    userdata: text,
    locked: flag,
    network_frozen: flag,
    spot_instance: flag,
    firmware_set_id: text,
    created_at: moment,
    updated_at: moment,
    actions: list(open({ type: text, name: text })),
    facility: open({ id: uuid, code: text, name: text, metro, features: list(text) }, ['id', 'code']),
    metro,
    plan: open({ id: uuid, slug: text, name: text, line: text }, ['id', 'slug']),
    operating_system: open({ id: uuid, slug: text, name: text, distro: text, version: text }, ['id', 'slug']),
    project: href,
    ip_addresses: list(address),
    network_ports: list(port),
    provisioning_percentage: { type: 'number' },
    sos: text,
    ssh_keys: list(href),
    volumes: list(href),
  },
  ['id', 'href', 'hostname', 'state', 'plan', 'facility', 'project', 'ip_addresses', 'tags', 'created_at'],
)

const meta = open(
  {
    first: href,
    last: href,
    next: href,
    previous: href,
    self: href,
    total: whole,
    current_page: whole,
    last_page: whole,
  },
  ['total', 'current_page', 'last_page'],
)
const project = open({ id: uuid, href: text, name: text, created_at: moment, devices: list(href) }, ['id', 'name'])

export const deviceList = open({ devices: list(device), meta }, ['devices', 'meta'])
export const projectList = open({ projects: list(project), meta }, ['projects', 'meta'])
export const eventList = open({ events: list(event), meta }, ['events', 'meta'])
export const failure = open({ error: text, errors: list(text) })
