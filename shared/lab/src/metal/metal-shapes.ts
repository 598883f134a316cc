/**
 * Shapes of the Metal API's requests as JSON schemas. Names and types are those of its last public OpenAPI description
 * (equinix/equinix-sdk-go, spec/services/metalv1). Requests with a field outside the description are refused.
 */
export const text = { type: 'string' } as const
export const flag = { type: 'boolean' } as const
export const whole = { type: 'integer' } as const
export const uuid = { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' } as const
export const moment = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$',
} as const
export const free = { type: 'object' } as const
export const list = <Items>(items: Items) => ({ type: 'array', items }) as const
export const open = <Properties>(properties: Properties, required: readonly string[] = []) =>
  ({ type: 'object', properties, required, additionalProperties: false }) as const

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
