import { isJsonObject } from '@powerbus/drp'
import { type Call, type Clock, type PluginMetric, PowerbusError } from '@powerbus/plugin-sdk'
import type { BootSettings, Cloud, CloudAccess, DeviceEvent, DevicePower, PowerAnswer } from '../cloud.ts'
import type { Device, DeviceSpec, DeviceState } from '../device.ts'
import { decodeDevice } from './decode-device.ts'
import { MetalClient, type MetalCounters } from './metal-client.ts'
import { wordsOf } from './metal-failure.ts'
import { PER_PAGE, readPages } from './read-pages.ts'

/** Types of `POST /devices/ID/actions`. */
const actionTypes: Readonly<Record<DevicePower, string>> = {
  on: 'power_on',
  off: 'power_off',
  reboot: 'reboot',
  rescue: 'rescue',
}

/** States in which the API refuses `on` or `off` because nothing is to be done. */
const already: Readonly<Record<'on' | 'off', readonly DeviceState[]>> = {
  on: ['on', 'starting'],
  off: ['off', 'stopping'],
}

/**
 * An account at a Metal API, by its last public description. Throws PARAM_INVALID for a key that no header can carry.
 */
export function metalCloud(access: CloudAccess, clock: Clock): Cloud {
  const { url } = access
  const client = new MetalClient(access, clock)

  const get = async (id: string, call: Call): Promise<Device | 'gone'> => {
    const path = devicePath(id)
    const { status, body } = await client.send({ method: 'GET', path, sending: 'repeat' }, call, [404])
    return status === 404 ? 'gone' : deviceOf(body, `GET ${path}`)
  }
  const pages = <Item extends { readonly id: string }>(
    name: string,
    path: string,
    query: Readonly<Record<string, string>>,
    decode: (value: unknown) => Item | undefined,
    call: Call,
  ) => {
    const endMs = clock.nowMs() + call.timeoutMs
    const read = async (page: number) => {
      const search = new URLSearchParams({ ...query, page: String(page), per_page: String(PER_PAGE) })
      const left = { signal: call.signal, timeoutMs: Math.max(0, endMs - clock.nowMs()) }
      return (await client.send({ method: 'GET', path: `${path}?${search}`, sending: 'repeat' }, left)).body
    }
    return readPages({ name, read, decode })
  }

  return {
    name: 'metal',
    key: url,

    projects: (call) => pages('projects', '/projects', {}, decodeProject, call),

    async list({ projectId, tag }, call) {
      const path = projectPath(projectId)
      const listing = await pages('devices', path, tag === undefined ? {} : { tag }, decodeDevice, call)
      // A deployment without this filter answers with every device.
      return tag === undefined ? listing : { ...listing, items: listing.items.filter(({ tags }) => tags.includes(tag)) }
    },

    get,

    async create(spec, tag, call) {
      const path = projectPath(spec.projectId)
      const { body } = await client.send({ method: 'POST', path, body: createInput(spec, tag), sending: 'never' }, call)
      const device = decodeDevice(body)
      if (device) return device
      throw new PowerbusError(
        'OUTCOME_UNKNOWN',
        `POST ${path} was accepted, but the answer is not a device: the device may exist`,
      )
    },

    async delete(id, call) {
      const path = devicePath(id)
      const { status, body } = await client.send({ method: 'DELETE', path, sending: 'repeat' }, call, [404, 422])
      if (status === 404) return 'gone'
      if (status !== 422) return 'accepted'
      const device = await get(id, call)
      if (device === 'gone') return 'gone'
      if (device.state === 'deleting') return 'accepted'
      throw new PowerbusError('TARGET_STATE', `DELETE ${path}: ${wordsOf(body)}`)
    },

    async power(id, power, call): Promise<PowerAnswer> {
      const path = `${devicePath(id)}/actions`
      const isSafe = power === 'on' || power === 'off'
      const sending = isSafe ? 'repeat' : 'once'
      const request = { method: 'POST', path, body: { type: actionTypes[power] }, sending } as const
      const { status, body } = await client.send(request, call, [422])
      if (status !== 422) return 'accepted'
      const words = `POST ${path} (${actionTypes[power]}): ${wordsOf(body)}`
      if (!isSafe) throw new PowerbusError('TARGET_STATE', words)
      const device = await get(id, call)
      if (device !== 'gone' && already[power].includes(device.state)) return 'already'
      throw new PowerbusError('TARGET_STATE', words)
    },

    async setBoot(id, settings, call) {
      const path = devicePath(id)
      const { body } = await client.send({ method: 'PUT', path, body: updateInput(settings), sending: 'repeat' }, call)
      return deviceOf(body, `PUT ${path}`)
    },

    /** Events of the first page, the newest ones; none if the deployment has no such list. */
    async events(id, call) {
      const path = `${devicePath(id)}/events?page=1&per_page=${PER_PAGE}`
      const { status, body } = await client.send({ method: 'GET', path, sending: 'repeat' }, call, [404])
      const events = status === 404 || !isJsonObject(body) || !Array.isArray(body.events) ? [] : body.events
      return events.map(decodeEvent).filter((event) => event !== undefined)
    },

    describe(operation, id) {
      switch (operation) {
        case 'get':
          return `GET ${url}${devicePath(id)}`
        case 'delete':
          return `DELETE ${url}${devicePath(id)}`
        case 'setBoot':
          return `PUT ${url}${devicePath(id)}`
        case 'create':
          return `POST ${url}${projectPath(id)}`
        default:
          return `POST ${url}${devicePath(id)}/actions {"type":"${actionTypes[operation]}"}`
      }
    },

    metrics: () => metricsOf(client.counters),
    close: () => client.close(),
  }
}

function projectPath(id: string): string {
  return `/projects/${encodeURIComponent(id)}/devices`
}

function devicePath(id: string): string {
  if (id === '' || id === '.' || id === '..')
    throw new PowerbusError('PARAM_INVALID', `Param packet/uuid is invalid: ${JSON.stringify(id)} is not a device's id`)
  return `/devices/${encodeURIComponent(id)}`
}

function deviceOf(body: unknown, request: string): Device {
  const device = decodeDevice(body)
  if (device) return device
  throw new PowerbusError('TARGET_UNREACHABLE', `${request}: the answer is not a device: check packet/api-url`)
}

function decodeProject(value: unknown): { readonly id: string; readonly name: string } | undefined {
  if (!isJsonObject(value) || typeof value.id !== 'string' || value.id === '') return undefined
  return { id: value.id, name: typeof value.name === 'string' ? value.name : '' }
}

function decodeEvent(value: unknown): DeviceEvent | undefined {
  if (!isJsonObject(value) || typeof value.id !== 'string') return undefined
  return { id: value.id, type: typeof value.type === 'string' ? value.type : '' }
}

/** DeviceCreateInMetroInput or DeviceCreateInFacilityInput of the API. */
function createInput(spec: DeviceSpec, tag: string): Readonly<Record<string, unknown>> {
  const place = spec.metro === undefined ? { facility: [spec.facility] } : { metro: spec.metro }
  return {
    hostname: spec.hostname,
    plan: spec.plan,
    ...place,
    operating_system: 'custom_ipxe',
    billing_cycle: 'hourly',
    always_pxe: spec.alwaysPxe,
    ...(spec.ipxeScriptUrl !== '' && { ipxe_script_url: spec.ipxeScriptUrl }),
    tags: [tag],
  }
}

function updateInput({ ipxeScriptUrl, alwaysPxe }: BootSettings): Readonly<Record<string, unknown>> {
  return {
    ...(ipxeScriptUrl !== undefined && { ipxe_script_url: ipxeScriptUrl }),
    ...(alwaysPxe !== undefined && { always_pxe: alwaysPxe }),
  }
}

function metricsOf({ requests, failures, rateLimited }: MetalCounters): readonly PluginMetric[] {
  const counter = (name: string, help: string, value: number): PluginMetric => ({ name, help, type: 'counter', value })
  return [
    counter('packet_ipmi_api_requests_total', 'Requests sent to the cloud API', requests),
    counter('packet_ipmi_api_failures_total', 'Requests to the cloud API without a usable answer', failures),
    counter('packet_ipmi_api_rate_limited_total', 'Requests that the cloud API refused by its rate limit', rateLimited),
  ]
}
