import { DrpApiError, type DrpApiErrorKind, type DrpClient, filter, type JsonObject, type Machine } from '@powerbus/drp'
import { type Call, type ErrorCode, PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'

/** The endpoint's machines, as far as this plugin needs them. Every method throws a PowerbusError. */
export interface Machines {
  /** `gone` only where the endpoint itself says that there is none. */
  get(uuid: string, call: Call): Promise<Machine | 'gone'>
  /** Its params with those of profiles and the defaults mixed in. */
  params(uuid: string, call: Call): Promise<JsonObject>
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
  const asked = async <T>(work: (client: DrpClient) => Promise<T>): Promise<T> => {
    try {
      return await work(api())
    } catch (error) {
      throw endpointFailure(error)
    }
  }
  const ofParam = (name: string, value: string, call: Call) =>
    asked((client) => client.machines.list({ where: { [name]: filter.equal(value) }, slim: ['Meta'] }, call)).then(
      // A filter looks at what an endpoint takes for a param's value; what counts here is the machine's own.
      (found) => found.filter(({ Params }) => Params[name] === value),
    )
  return {
    async get(uuid, call) {
      try {
        return await api().machines.get(uuid, {}, call)
      } catch (error) {
        if (error instanceof DrpApiError && error.kind === 'not-found' && error.drpError !== undefined) return 'gone'
        throw endpointFailure(error)
      }
    },
    params: (uuid, call) => asked((client) => client.machines.params(uuid, { aggregate: true }, call)),
    ofPlugin: (plugin, call) => ofParam('machine-plugin', plugin, call),
    ofDevice: (deviceId, call) => ofParam('packet/uuid', deviceId, call),
    create: (machine, call) => asked((client) => client.machines.create(machine, call)),
    update: (before, after, call) => asked((client) => client.machines.update(before.Uuid, before, after, call)),
    async remove(uuid, call) {
      try {
        await api().machines.delete(uuid, call)
      } catch (error) {
        if (error instanceof DrpApiError && error.kind === 'not-found' && error.drpError !== undefined) return
        throw endpointFailure(error)
      }
    },
  }
}

const codes: Readonly<Record<DrpApiErrorKind, ErrorCode>> = {
  unreachable: 'TARGET_UNREACHABLE',
  untrusted: 'AUTH_FAILED',
  timeout: 'TARGET_TIMEOUT',
  protocol: 'TARGET_UNREACHABLE',
  unauthorized: 'AUTH_FAILED',
  'not-found': 'OBJECT_UNKNOWN',
  conflict: 'OBJECT_CONFLICT',
  refused: 'REQUEST_INVALID',
}

function endpointFailure(error: unknown): unknown {
  if (!(error instanceof DrpApiError)) return error
  return new PowerbusError(codes[error.kind], `The endpoint's API: ${error.message}`, { cause: error })
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
