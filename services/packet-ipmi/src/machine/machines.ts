import {
  DrpApiError,
  type DrpClient,
  filter,
  isJsonObject,
  type JsonObject,
  type ListQuery,
  type Machine,
} from '@powerbus/drp'
import { askEndpoint, type Call, PowerbusError, unlessGone } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'
import { type DeviceFields, deviceFields } from './device-machine.ts'

/** HTTP status of a list by an index that the endpoint does not have. */
const UNKNOWN_INDEX = 406

/** The endpoint's machines. Every method throws a PowerbusError. */
export type Machines = ReturnType<typeof drpMachines>

/** The machines by the endpoint's API. */
export function drpMachines(api: () => DrpClient) {
  const ofParam = async (name: string, value: string, call: Call): Promise<readonly Machine[]> => {
    const list = (query: ListQuery) => api().machines.list({ ...query, slim: ['Meta'] }, call)
    const found = await askEndpoint(
      list({ where: { [name]: filter.equal(value) } }).catch((error: unknown) => {
        // A DRP that has no definition of the param knows no such index.
        if (error instanceof DrpApiError && error.status === UNKNOWN_INDEX) return list({})
        throw error
      }),
    )
    // Some endpoints also match values of profiles; only the machine's own counts here.
    return found.filter(({ Params }) => Params[name] === value)
  }
  return {
    /** `gone` only if the endpoint itself answers "not found". */
    async get(uuid: string, call: Call): Promise<Machine | 'gone'> {
      return (await unlessGone(api().machines.get(uuid, {}, call))) ?? 'gone'
    },
    /** The machine's params, with those of its profiles and the defaults. */
    async params(uuid: string, call: Call): Promise<JsonObject> {
      return await askEndpoint(api().machines.params(uuid, { aggregate: true }, call))
    },
    /** A profile's own params; undefined if the endpoint has no such profile. */
    async profileParams(name: string, call: Call): Promise<JsonObject | undefined> {
      const profile = await unlessGone(api().objects('profiles').get(name, {}, call))
      return isJsonObject(profile?.Params) ? profile.Params : undefined
    },
    /** Machines whose own param machine-plugin is `plugin`. */
    ofPlugin: (plugin: string, call: Call) => ofParam('machine-plugin', plugin, call),
    /** Machines whose own param packet/uuid is `deviceId`. */
    ofDevice: (deviceId: string, call: Call) => ofParam('packet/uuid', deviceId, call),
    /** Throws OBJECT_CONFLICT if the name or the Uuid is taken. */
    async create(machine: Partial<Machine>, call: Call): Promise<Machine> {
      return await askEndpoint(api().machines.create(machine, call))
    },
    /** Throws OBJECT_CONFLICT if another client changed the machine meanwhile. */
    async update(before: Machine, after: Machine, call: Call): Promise<Machine> {
      return await askEndpoint(api().machines.update(before.Uuid, before, after, call))
    },
    /** Resolves also if the machine is gone. */
    async remove(uuid: string, call: Call): Promise<void> {
      await unlessGone(api().machines.delete(uuid, call))
    },
  }
}

/** Whether machine-plugin names the plugin: the machine's own value, else that of its profiles. */
export async function isOfPlugin(
  { Uuid, Params, Profiles }: Machine,
  { machines, plugin, call }: { readonly machines: Machines; readonly plugin: string; readonly call: Call },
): Promise<boolean> {
  const own = Params['machine-plugin']
  if (own !== undefined) return own === plugin
  return Profiles.length > 0 && (await machines.params(Uuid, call))['machine-plugin'] === plugin
}

/** Sets a param, or removes it without a value. False if the machine is gone. */
export async function setParam(
  uuid: string,
  name: string,
  value: string | undefined,
  { machines, call }: { readonly machines: Machines; readonly call: Call },
): Promise<boolean> {
  const machine = await machines.get(uuid, call)
  if (machine === 'gone') return false
  const { [name]: _, ...others } = machine.Params
  const Params = value === undefined ? others : { ...others, [name]: value }
  await machines.update(machine, { ...machine, Params }, call)
  return true
}

/**
 * Makes a machine for a device, by default named by the device's hostname. If the name is taken, the first 8 characters
 * of the device's id are appended. Throws as `Machines.create` does.
 */
export async function createMachine(
  device: Device,
  own: Pick<Partial<Machine>, 'Name' | 'Uuid'>,
  { machines, plugin, call }: { readonly machines: Machines; readonly plugin: string; readonly call: Call },
): Promise<Machine> {
  const short = device.id.slice(0, 8)
  return await unlessProfileRefused(deviceFields(device, plugin), async (fields) => {
    const machine = { Name: device.hostname.trim() || `packet-${short}`, ...own, ...fields }
    try {
      return await machines.create(machine, call)
    } catch (error) {
      if (!(error instanceof PowerbusError) || error.code !== 'OBJECT_CONFLICT') throw error
      return machines.create({ ...machine, Name: `${machine.Name}-${short}` }, call)
    }
  })
}

/**
 * Does the work, and after REQUEST_INVALID once more without the profile: an endpoint without this plugin's bundle
 * refuses it, and a machine without its console is better than none.
 */
export async function unlessProfileRefused<T>(
  fields: DeviceFields,
  work: (fields: DeviceFields) => Promise<T>,
): Promise<T> {
  try {
    return await work(fields)
  } catch (error) {
    if (!(error instanceof PowerbusError) || error.code !== 'REQUEST_INVALID') throw error
    return work({ ...fields, Profiles: [] })
  }
}
