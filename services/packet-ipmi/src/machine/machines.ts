import { type DrpClient, filter, isJsonObject, type JsonObject, type Machine } from '@powerbus/drp'
import { askEndpoint, type Call, PowerbusError, unlessGone } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'

/** The endpoint's machines, as far as this plugin needs them. Every method throws a PowerbusError. */
export interface Machines {
  /** `gone` only where the endpoint itself says that there is none. */
  get(uuid: string, call: Call): Promise<Machine | 'gone'>
  /** Its params with those of profiles and the defaults mixed in. */
  params(uuid: string, call: Call): Promise<JsonObject>
  /** A profile's own params; undefined where the endpoint has no such profile. */
  profileParams(name: string, call: Call): Promise<JsonObject | undefined>
  /** Those whose own param machine-plugin is `plugin`. */
  ofPlugin(plugin: string, call: Call): Promise<readonly Machine[]>
  /** Those whose own param packet/uuid is `deviceId`. */
  ofDevice(deviceId: string, call: Call): Promise<readonly Machine[]>
  /** OBJECT_CONFLICT where the name or the Uuid is taken. */
  create(machine: Partial<Machine>, call: Call): Promise<Machine>
  /** OBJECT_CONFLICT where somebody else changed it meanwhile. */
  update(before: Machine, after: Machine, call: Call): Promise<Machine>
  /** Harmless on one that is gone. */
  remove(uuid: string, call: Call): Promise<void>
}

/** Over the endpoint's API. */
export function drpMachines(api: () => DrpClient): Machines {
  const ofParam = async (name: string, value: string, call: Call) => {
    const query = { where: { [name]: filter.equal(value) }, slim: ['Meta'] }
    const found = await askEndpoint(api().machines.list(query, call))
    // A filter looks at what an endpoint takes for a param's value; what counts here is the machine's own.
    return found.filter(({ Params }) => Params[name] === value)
  }
  return {
    get: async (uuid, call) => (await unlessGone(api().machines.get(uuid, {}, call))) ?? 'gone',
    params: async (uuid, call) => await askEndpoint(api().machines.params(uuid, { aggregate: true }, call)),
    async profileParams(name, call) {
      const profile = await unlessGone(api().objects('profiles').get(name, {}, call))
      return isJsonObject(profile?.Params) ? profile.Params : undefined
    },
    ofPlugin: (plugin, call) => ofParam('machine-plugin', plugin, call),
    ofDevice: (deviceId, call) => ofParam('packet/uuid', deviceId, call),
    create: async (machine, call) => await askEndpoint(api().machines.create(machine, call)),
    update: async (before, after, call) => await askEndpoint(api().machines.update(before.Uuid, before, after, call)),
    remove: async (uuid, call) => void (await unlessGone(api().machines.delete(uuid, call))),
  }
}

/** Makes a machine for a device. A name that is taken is told apart by the device's id. Throws as `create` does. */
export async function createUnderFreeName(
  machines: Machines,
  machine: Partial<Machine>,
  { id }: Device,
  call: Call,
): Promise<Machine> {
  try {
    return await machines.create(machine, call)
  } catch (error) {
    if (!(error instanceof PowerbusError) || error.code !== 'OBJECT_CONFLICT') throw error
    return machines.create({ ...machine, Name: `${machine.Name}-${id.slice(0, 8)}` }, call)
  }
}
