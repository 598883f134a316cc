import { isIPv4 } from 'node:net'
import { isJsonObject } from '@powerbus/drp'
import type { Device, DeviceState } from '../device.ts'

/** DeviceState of each `Device.state` of the API. */
const states: Readonly<Record<string, DeviceState>> = {
  queued: 'building',
  provisioning: 'building',
  reinstalling: 'building',
  active: 'on',
  inactive: 'off',
  powering_on: 'starting',
  powering_off: 'stopping',
  failed: 'failed',
  deprovisioning: 'deleting',
  deleted: 'deleting',
}

/**
 * Decodes a device of the API. A field that is missing, null or of a wrong type is left out. Undefined without an id.
 */
export function decodeDevice(value: unknown): Device | undefined {
  if (!isJsonObject(value)) return undefined
  const id = text(value.id)
  if (id === undefined) return undefined
  const stateWord = text(value.state) ?? ''
  const createdAtMs = Date.parse(text(value.created_at) ?? '')
  return {
    id,
    hostname: text(value.hostname) ?? '',
    state: (Object.hasOwn(states, stateWord) && states[stateWord]) || 'unknown',
    stateWord,
    tags: list(value.tags).filter((tag) => typeof tag === 'string'),
    macs: macsOf(value.network_ports),
    ...known('plan', text(field(value.plan, 'slug'))),
    ...known('facility', text(field(value.facility, 'code'))),
    ...known('metro', text(field(value.metro, 'code'))),
    ...known('projectId', projectOf(value.project) ?? projectOf(value.project_lite)),
    ...known('console', text(value.sos)),
    ...known('alwaysPxe', typeof value.always_pxe === 'boolean' ? value.always_pxe : undefined),
    ...known('ipxeScriptUrl', text(value.ipxe_script_url)),
    ...known('address', publicAddress(value.ip_addresses)),
    ...known('createdAtMs', Number.isNaN(createdAtMs) ? undefined : createdAtMs),
  }
}

/** Only ports of type NetworkPort have a MAC of their own; a bond repeats the MAC of one of them. */
function macsOf(ports: unknown): readonly string[] {
  const found = list(ports)
    .filter((port) => field(port, 'type') === 'NetworkPort')
    .map((port) => macOf(field(field(port, 'data'), 'mac')))
    .filter((mac) => mac !== undefined)
  return [...new Set(found)]
}

/**
 * `0C:C4:7A:11:22:33`, `0c-c4-7a-11-22-33`, `0cc4.7a11.2233` or `0cc47a112233` as `0c:c4:7a:11:22:33`. Undefined for
 * any other text, and for all zeros or all ones.
 */
function macOf(value: unknown): string | undefined {
  const spelled = text(value)?.toLowerCase() ?? ''
  if (!/^(?:[0-9a-f]{2}([:-]?)(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4})$/.test(spelled))
    return undefined
  const digits = spelled.replace(/[:.-]/g, '')
  return /^0+$|^f+$/.test(digits) ? undefined : digits.replace(/(..)(?=.)/g, '$1:')
}

/** The public IPv4 address with `management: true`. An elastic address has false, and may come first. */
function publicAddress(addresses: unknown): string | undefined {
  const found = list(addresses).filter(
    (entry) => field(entry, 'public') === true && isIPv4(text(field(entry, 'address')) ?? ''),
  )
  const management = (entry: unknown) => field(entry, 'management')
  const chosen = found.find((entry) => management(entry) === true) ?? found.find((entry) => management(entry) !== false)
  return text(field(chosen, 'address'))
}

/** The project's id, from an object with an id or from a link that ends in it. */
function projectOf(project: unknown): string | undefined {
  return text(field(project, 'id')) ?? /\/projects\/([^/?#]+)/.exec(text(field(project, 'href')) ?? '')?.[1]
}

function field(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function known<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [N in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in Name]?: Value }
}
