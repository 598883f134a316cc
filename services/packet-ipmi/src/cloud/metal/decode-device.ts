import { isIPv4 } from 'node:net'
import { isJsonObject } from '@powerbus/drp'
import type { Device, DeviceState } from '../device.ts'

/** States of the API's `Device.state` in the words of every cloud. */
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
 * A device of the API. Every field of it may be missing, null or of another type: then it is not told. Only without an id there is no
 * device: undefined.
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
    ...told('plan', text(field(value.plan, 'slug'))),
    ...told('facility', text(field(value.facility, 'code'))),
    ...told('metro', text(field(value.metro, 'code'))),
    ...told('projectId', projectOf(value.project) ?? projectOf(value.project_lite)),
    ...told('console', text(value.sos)),
    ...told('alwaysPxe', typeof value.always_pxe === 'boolean' ? value.always_pxe : undefined),
    ...told('ipxeScriptUrl', text(value.ipxe_script_url)),
    ...told('address', publicAddress(value.ip_addresses)),
    ...told('createdAtMs', Number.isNaN(createdAtMs) ? undefined : createdAtMs),
  }
}

/** Only members of type NetworkPort have a MAC of their own; a bond has that of one of them. */
function macsOf(ports: unknown): readonly string[] {
  const found = list(ports)
    .filter((port) => field(port, 'type') === 'NetworkPort')
    .map((port) => macOf(field(field(port, 'data'), 'mac')))
    .filter((mac) => mac !== undefined)
  return [...new Set(found)]
}

/** `0C:C4:7A:11:22:33`, `0c-c4-7a-11-22-33`, `0cc4.7a11.2233` or `0cc47a112233` as `0c:c4:7a:11:22:33`. Undefined for anything else, and for no address at all. */
function macOf(value: unknown): string | undefined {
  const spelled = text(value)?.toLowerCase() ?? ''
  if (!/^(?:[0-9a-f]{2}([:-]?)(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4})$/.test(spelled))
    return undefined
  const digits = spelled.replace(/[:.-]/g, '')
  return /^0+$|^f+$/.test(digits) ? undefined : digits.replace(/(..)(?=.)/g, '$1:')
}

function publicAddress(addresses: unknown): string | undefined {
  const found = list(addresses).find(
    (entry) => field(entry, 'public') === true && isIPv4(text(field(entry, 'address')) ?? ''),
  )
  return text(field(found, 'address'))
}

/** As an object with an id, or as a link that ends in it. */
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

function told<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [N in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in Name]?: Value }
}
