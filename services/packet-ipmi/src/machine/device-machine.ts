import type { JsonObject, Machine } from '@powerbus/drp'
import type { Device } from '../cloud/device.ts'

/** Profile of the bundle that sets the kernel's console to the serial line of these machines. */
export const CONSOLE_PROFILE = 'packet-console'

/** What a machine is told of its device. A field that the cloud does not tell (yet) is absent, and the machine keeps what it has. */
export interface DeviceFields {
  readonly Address?: string
  readonly HardwareAddrs?: readonly string[]
  readonly Params: JsonObject
  readonly Profile: string
}

/** services.md §3. `plugin` is the configured name of this plugin. */
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
  return {
    ...machine,
    ...(fields.Address !== undefined && { Address: fields.Address }),
    ...(fields.HardwareAddrs && { HardwareAddrs: fields.HardwareAddrs }),
    Profiles: machine.Profiles.includes(fields.Profile) ? machine.Profiles : [...machine.Profiles, fields.Profile],
    Params: { ...Object.fromEntries(kept), ...fields.Params },
  }
}

/** A machine for a device that has none. */
export function newMachine(device: Device, plugin: string): Partial<Machine> {
  const { Address, HardwareAddrs, Params, Profile } = deviceFields(device, plugin)
  return {
    Name: device.hostname.trim() === '' ? `packet-${device.id.slice(0, 8)}` : device.hostname.trim(),
    ...(Address !== undefined && { Address }),
    ...(HardwareAddrs && { HardwareAddrs }),
    Profiles: [Profile],
    Params,
  }
}
