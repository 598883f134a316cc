import { isDeepStrictEqual } from 'node:util'
import { DrpApiError, type DrpClient, isJsonObject, type JsonObject, type Machine, type Operation } from '@powerbus/drp'
import { askEndpoint, endpointFailure, unlessGone } from '@powerbus/plugin-sdk'
import type { Listener } from 'node-ipmi/bmc'
import type { Vm } from '../hypervisor/vm.ts'
import { id as idParam, name as nameParam } from '../params.ts'
import type { BmcSettings } from '../settings.ts'
import { machineNameFor, otherMachineName } from './machine-name.ts'

/** The param that says which plugin a machine belongs to. */
export const MACHINE_PLUGIN = 'machine-plugin'
const BIOS_MODE = 'detected-bios-mode'
/** Patches of one machine; each is refused where somebody else changed the machine meanwhile. */
const ATTEMPTS = 4

/** Params that this plugin reads or sets on machines. */
const READ_PARAMS = [
  MACHINE_PLUGIN,
  idParam.name,
  nameParam.name,
  BIOS_MODE,
  'ipmi/address',
  'ipmi/port-ipmitool',
  'ipmi/port-redfish',
  'ipmi/system-id',
  'ipmi/username',
  'ipmi/password',
  'ipmi/mode',
]

export interface VmMachinesOptions {
  readonly api: () => DrpClient
  /** Name of the plugin object. */
  readonly plugin: string
  readonly poweredBy: 'virtualbox' | 'ipmi'
  readonly bmc: BmcSettings | undefined
}

/** Where a VM's emulated BMC is. */
export type BmcPlace = Pick<Listener, 'address' | 'port'>

/** What the endpoint is to hold of a VM. */
export interface VmFacts {
  readonly vm: Vm
  readonly place: BmcPlace | undefined
  /** Whether this plugin made the VM. */
  readonly isOurs: boolean
}

/** The endpoint's machines that stand for VMs. Throws PowerbusError. */
export class VmMachines {
  readonly #options: VmMachinesOptions

  constructor(options: VmMachinesOptions) {
    this.#options = options
  }

  /** All machines, with the params of this plugin, secure ones decoded. */
  async list(signal: AbortSignal): Promise<readonly Machine[]> {
    const query = { params: READ_PARAMS, decode: true, slim: ['Meta'] }
    return await askEndpoint(this.#options.api().machines.list(query, { signal }))
  }

  /** The machines that stand for a VM. `id`: upper case. */
  async ofVm(id: string, signal: AbortSignal): Promise<readonly Machine[]> {
    return (await this.list(signal)).filter((machine) => vmIdOf(machine) === id)
  }

  isOwn(machine: { readonly Params: JsonObject }): boolean {
    return machine.Params[MACHINE_PLUGIN] === this.#options.plugin
  }

  /** Whether `machine-plugin` names another plugin. */
  isForeign(machine: { readonly Params: JsonObject }): boolean {
    const plugin = machine.Params[MACHINE_PLUGIN]
    return plugin !== undefined && plugin !== '' && !this.isOwn(machine)
  }

  /** Undefined where the machine is gone. */
  async get(uuid: string, signal: AbortSignal): Promise<Machine | undefined> {
    return await unlessGone(this.#options.api().machines.get(uuid, { decode: true }, { signal }))
  }

  /** With profiles and defaults mixed in; undefined where the machine is gone. */
  async params(uuid: string, signal: AbortSignal): Promise<JsonObject | undefined> {
    return await unlessGone(this.#options.api().machines.params(uuid, { aggregate: true }, { signal }))
  }

  /** A profile's own params; undefined where there is no such profile. */
  async profileParams(name: string, signal: AbortSignal): Promise<JsonObject | undefined> {
    const profile = await unlessGone(this.#options.api().objects('profiles').get(name, {}, { signal }))
    return isJsonObject(profile?.Params) ? profile.Params : undefined
  }

  /** Makes the machine of a VM, with the VM's UUID. Returns the machine of that UUID where there is one already. */
  async create(facts: VmFacts, signal: AbortSignal): Promise<Machine> {
    const { vm } = facts
    const name = machineNameFor(vm)
    const machine = {
      Uuid: vm.id.toLowerCase(),
      Description: `VM ${vm.name || vm.id}`,
      HardwareAddrs: [...vm.macs],
      Params: this.#params(facts),
    }
    const { machines } = this.#options.api()
    try {
      return await machines.create({ ...machine, Name: name }, { signal })
    } catch (error) {
      if (!(error instanceof DrpApiError) || error.kind !== 'conflict') throw endpointFailure(error)
      const present = await this.get(machine.Uuid, signal)
      if (present) return present
      return await askEndpoint(machines.create({ ...machine, Name: otherMachineName(name, vm.id) }, { signal }))
    }
  }

  /** Sends what the machine lacks of its VM, if anything. Does nothing where the machine is gone. */
  async complete(machine: Machine, facts: VmFacts, signal: AbortSignal): Promise<void> {
    let present: Machine | undefined = machine
    for (let attempt = 1; present; attempt++) {
      const operations = this.#operations(present, facts)
      if (operations.length === 0) return
      try {
        await this.#options.api().machines.patch(present.Uuid, operations, { signal })
        return
      } catch (error) {
        // Somebody else has changed the machine meanwhile, or it is gone.
        const isRefusal = error instanceof DrpApiError && error.status >= 400 && error.status < 500
        if (attempt >= ATTEMPTS || !isRefusal) throw endpointFailure(error)
        present = await this.get(present.Uuid, signal)
      }
    }
  }

  #operations(machine: Machine, facts: VmFacts): Operation[] {
    const params = Object.entries(this.#params(facts, machine.Params))
      .filter(([name, value]) => !isDeepStrictEqual(machine.Params[name], value))
      .map(([name, value]): Operation => ({ op: 'add', path: `/Params/${pointer(name)}`, value }))
    const known = new Set(machine.HardwareAddrs.map((mac) => mac.toLowerCase()))
    const fresh = facts.vm.macs.filter((mac) => !known.has(mac.toLowerCase()))
    if (fresh.length === 0) return params
    const addresses = [...machine.HardwareAddrs, ...fresh]
    return [
      ...params,
      { op: 'test', path: '/HardwareAddrs', value: machine.HardwareAddrs },
      { op: 'replace', path: '/HardwareAddrs', value: addresses },
    ]
  }

  /**
   * virtualbox/id is left out where another plugin is to power the machine, since this plugin's actions require it. A
   * BIOS mode that is `present` already stays.
   */
  #params({ vm, place, isOurs }: VmFacts, present: JsonObject = {}): JsonObject {
    const { plugin, poweredBy, bmc } = this.#options
    const login = bmc &&
      place && {
        'ipmi/address': place.address,
        'ipmi/port-ipmitool': place.port,
        'ipmi/username': bmc.username,
        'ipmi/password': bmc.password.reveal(),
        'ipmi/mode': 'ipmitool',
        ...(bmc.redfishPort !== undefined && { 'ipmi/port-redfish': bmc.redfishPort, 'ipmi/system-id': vm.id }),
      }
    return {
      [MACHINE_PLUGIN]: plugin,
      [nameParam.name]: vm.name,
      ...(poweredBy === 'virtualbox' && { [idParam.name]: vm.id }),
      ...login,
      ...(isOurs && place && present[BIOS_MODE] === undefined && { [BIOS_MODE]: 'legacy-bios' }),
    }
  }
}

/** Whether virtualbox/id names the machine's VM. */
export function namesVm({ Params }: { readonly Params: JsonObject }): boolean {
  const id = Params[idParam.name]
  return typeof id === 'string' && id !== ''
}

/** Id, upper case, of the VM that a machine stands for: virtualbox/id, else the machine's UUID. */
export function vmIdOf(machine: { readonly Uuid: string; readonly Params: JsonObject }): string {
  return String(namesVm(machine) ? machine.Params[idParam.name] : machine.Uuid).toUpperCase()
}

function pointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
