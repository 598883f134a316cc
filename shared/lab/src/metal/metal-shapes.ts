/**
 * Shapes of the Metal API as JSON schemas. Names and types are those of its last public OpenAPI description
 * (equinix/equinix-sdk-go, spec/services/metalv1). Requests with a field outside the description are refused. The
 * shapes of answers have only the fields that the emulated cloud fills in.
 */
const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const whole = { type: 'integer' } as const
const uuid = { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' } as const
const moment = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$',
} as const
const free = { type: 'object' } as const
const list = <Items>(items: Items) => ({ type: 'array', items }) as const
const open = <Properties>(properties: Properties, required: readonly string[] = []) =>
  ({ type: 'object', properties, required, additionalProperties: false }) as const

const href = open({ href: text }, ['href'])

const updatable = {
  always_pxe: flag,
  customdata: free,
  description: text,
  hostname: text,
  ipxe_script_url: text,
  locked: flag,
  network_frozen: flag,
  spot_instance: flag,
  tags: list(text),
  userdata: text,
}

const addressOrder = open({
  address_family: whole,
  cidr: whole,
  ip_reservations: list(text),
  public: flag,
})

/** DeviceCreateInput with either MetroInput or FacilityInput: `oneOf`, so both at once are refused. */
export const deviceCreateInput = {
  ...open(
    {
      ...updatable,
      billing_cycle: { enum: ['hourly', 'daily', 'monthly', 'yearly'] },
      facility: { anyOf: [{ ...list(text), minItems: 1 }, text] },
      features: list(text),
      hardware_reservation_id: text,
      ip_addresses: list(addressOrder),
      metro: text,
      no_ssh_keys: flag,
      operating_system: text,
      plan: text,
      private_ipv4_subnet_size: whole,
      project_ssh_keys: list(uuid),
      public_ipv4_subnet_size: whole,
      spot_price_max: { type: 'number' },
      ssh_keys: list(free),
      storage: free,
      termination_time: moment,
      user_ssh_keys: list(uuid),
    },
    ['plan', 'operating_system'],
  ),
  oneOf: [{ required: ['metro'] }, { required: ['facility'] }],
} as const

export const deviceUpdateInput = open({ ...updatable, billing_cycle: text, firmware_set_id: text })

/** The emulated cloud accepts `reinstall` in the shape and refuses it with a message. */
export const deviceActionInput = open(
  {
    type: { enum: ['power_on', 'power_off', 'reboot', 'rescue', 'reinstall'] },
    force_delete: flag,
    deprovision_fast: flag,
    preserve_data: flag,
    operating_system: text,
    ipxe_script_url: text,
  },
  ['type'],
)

const truth = { enum: ['true', 'false'] } as const
const pageQuery = {
  page: { type: 'string', pattern: '^[1-9][0-9]{0,4}$' },
  per_page: { type: 'string', pattern: '^([1-9][0-9]{0,2}|1000)$' },
  include: text,
  exclude: text,
}

export const projectQuery = open({ ...pageQuery, name: text })
export const pagedQuery = open(pageQuery)
export const oneQuery = open({ include: text, exclude: text })
export const deleteQuery = open({ force_delete: truth })
export const deviceQuery = open({
  ...pageQuery,
  search: text,
  hostname: text,
  tag: text,
  facility: text,
  metro: text,
  mac_address: text,
  reserved: truth,
  has_termination_time: truth,
  type: text,
  categories: text,
})

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
