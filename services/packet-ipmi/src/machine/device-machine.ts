import type { JsonObject, Machine } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'

/** Profile of the bundle that sets the kernel's console to the serial line of these machines. */
export const CONSOLE_PROFILE = 'packet-console'

/** The id of the machine's device; undefined where it has none. */
export function deviceOf({ Params }: Machine): string | undefined {
  const id = Params['packet/uuid']
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** What a machine is told of its device. A field that the cloud does not tell (yet) is absent, and the machine keeps what it has. */
export interface DeviceFields {
  readonly Address?: string
  readonly HardwareAddrs?: readonly string[]
  readonly Params: JsonObject
  /** Absent where the endpoint has no such profile. */
  readonly Profile?: string
}

/** All that a machine is told. `plugin` is the configured name of this plugin. */
export function deviceFields(device: Device, plugin: string): DeviceFields {
  const { id, plan, facility, projectId, alwaysPxe, ipxeScriptUrl, address, macs } = device
  const sos = device.console ?? (facility === undefined ? undefined : `${id}@sos.${facility}.packet.net`)
  const params = {
    'machine-plugin': plugin,
    'packet/uuid': id,
    'packet/plan': plan,
    'packet/facility': facility,
    'packet/metro': device.metro,
    'packet/sos': sos,
    'packet/project-id': projectId,
    'packet/always-pxe': alwaysPxe,
    'packet/ipxe-script-url': ipxeScriptUrl,
  }
  return {
    Params: Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)),
    Profile: CONSOLE_PROFILE,
    ...(address !== undefined && { Address: address }),
    ...(macs.length > 0 && { HardwareAddrs: macs }),
  }
}

/** The machine with what its device says; everything else of it stays. Params in `without` are taken away. */
export function withDevice(machine: Machine, fields: DeviceFields, without: readonly string[] = []): Machine {
  const kept = Object.entries(machine.Params).filter(([name]) => !without.includes(name))
  const { Profile } = fields
  const isNew = Profile !== undefined && !machine.Profiles.includes(Profile)
  return {
    ...machine,
    ...(fields.Address !== undefined && { Address: fields.Address }),
    ...(fields.HardwareAddrs && { HardwareAddrs: fields.HardwareAddrs }),
    Profiles: isNew ? [...machine.Profiles, Profile] : machine.Profiles,
    Params: { ...Object.fromEntries(kept), ...fields.Params },
  }
}

/** A machine for a device that has none. */
export function newMachine({ id, hostname }: Device, fields: DeviceFields): Partial<Machine> {
  const { Address, HardwareAddrs, Params, Profile } = fields
  return {
    Name: hostname.trim() === '' ? `packet-${id.slice(0, 8)}` : hostname.trim(),
    ...(Address !== undefined && { Address }),
    ...(HardwareAddrs && { HardwareAddrs }),
    Profiles: Profile === undefined ? [] : [Profile],
    Params,
  }
}

/**
 * Gives the endpoint what a device says, and where it refuses that, once more without the profile: an endpoint without this plugin's bundle does not have it, and a
 * machine is of more use without its console than not at all.
 */
export async function unlessProfileRefused<T>(
  fields: DeviceFields,
  work: (fields: DeviceFields) => Promise<T>,
): Promise<T> {
  try {
    return await work(fields)
  } catch (error) {
    if (!(error instanceof PowerbusError) || error.code !== 'REQUEST_INVALID') throw error
    const { Profile: _, ...others } = fields
    return work(others)
  }
}
