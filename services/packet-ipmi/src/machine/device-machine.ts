import type { JsonObject, Machine } from '@powerbus/drp'
import type { Device } from '../cloud/device.ts'

/** Profile of the bundle that sets the kernel's console to the serial line of these machines. */
const CONSOLE_PROFILE = 'packet-console'

/** The id of the machine's device, from its param packet/uuid; undefined if it has none. */
export function deviceOf({ Params }: Machine): string | undefined {
  const id = Params['packet/uuid']
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** Fields of a machine that its device sets. The machine keeps its value of a field that the cloud does not give. */
export interface DeviceFields {
  readonly Address?: string
  readonly HardwareAddrs?: readonly string[]
  readonly Params: JsonObject
  readonly Profiles: readonly string[]
}

/** All fields that the device sets. `plugin` is the configured name of this plugin. */
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
    Profiles: [CONSOLE_PROFILE],
    ...(address !== undefined && { Address: address }),
    ...(macs.length > 0 && { HardwareAddrs: macs }),
  }
}

/** The machine with the fields of its device, and without the params in `without`. */
export function withDevice(machine: Machine, fields: DeviceFields, without: readonly string[] = []): Machine {
  const kept = Object.entries(machine.Params).filter(([name]) => !without.includes(name))
  return {
    ...machine,
    ...fields,
    Profiles: [...new Set([...machine.Profiles, ...fields.Profiles])],
    Params: { ...Object.fromEntries(kept), ...fields.Params },
  }
}
