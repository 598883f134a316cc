import { randomUUID } from 'node:crypto'
import {
  DrpApiError,
  type DrpClient,
  decodeMachine,
  type JsonObject,
  type Machine,
  type Operation,
} from '@powerbus/drp'

/** An endpoint's machines and profiles in memory. */
export class MemoryEndpoint {
  readonly all = new Map<string, Machine>()
  readonly profiles = new Map<string, JsonObject>()
  /** What every request for one machine fails with, while it is set. */
  failure: DrpApiError | undefined

  add(fields: Readonly<Record<string, unknown>> & { readonly Name: string }): Machine {
    const machine = decodeMachine({ Uuid: randomUUID(), ...fields })
    this.all.set(machine.Uuid, machine)
    return machine
  }

  named(name: string): Machine | undefined {
    return [...this.all.values()].find(({ Name }) => Name === name)
  }

  /** As it was when it was removed: what an event tells of it. */
  remove(uuid: string): Machine {
    const machine = this.#get(uuid)
    this.all.delete(uuid)
    return machine
  }

  /** What of the client a plugin of VMs uses. */
  api(): DrpClient {
    const machines = {
      list: async () => [...this.all.values()],
      get: async (uuid: string) => this.#get(uuid),
      params: async (uuid: string) => this.#aggregate(this.#get(uuid)),
      create: async (machine: Machine) => {
        const isTaken = [...this.all.values()].some(({ Uuid, Name }) => Uuid === machine.Uuid || Name === machine.Name)
        if (isTaken) throw new DrpApiError('conflict', 'taken', { status: 409 })
        return this.add(machine)
      },
      patch: async (uuid: string, operations: readonly Operation[]) => {
        const machine = this.#get(uuid)
        const Params = { ...machine.Params }
        let { HardwareAddrs } = machine
        for (const operation of operations) {
          if (operation.op === 'replace') HardwareAddrs = operation.value
          else if (operation.op === 'add')
            Params[operation.path.slice('/Params/'.length).replaceAll('~1', '/')] = operation.value
        }
        return this.add({ ...machine, Params, HardwareAddrs })
      },
    }
    const profiles = {
      get: async (name: string) => {
        const Params = this.profiles.get(name)
        if (!Params) throw notFound('profiles', name)
        return { Name: name, Params }
      },
    }
    return { machines, objects: () => profiles } as unknown as DrpClient
  }

  #get(uuid: string): Machine {
    const machine = this.all.get(uuid)
    if (this.failure) throw this.failure
    if (!machine) throw notFound('machines', uuid)
    return machine
  }

  #aggregate({ Profiles, Params }: Machine): JsonObject {
    const layers = ['global', ...Profiles.toReversed()].map((name) => this.profiles.get(name))
    return Object.assign({}, ...layers, Params)
  }
}

/** As the endpoint itself says it. */
function notFound(Model: string, Key: string): DrpApiError {
  const drpError = { Type: 'GET', Model, Key, Messages: ['not found'], Code: 404 }
  return new DrpApiError('not-found', Key, { status: 404, drpError })
}
