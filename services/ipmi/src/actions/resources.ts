import type { ResourceKind } from '@powerbus/bmc-drivers'
import type { Action } from '@powerbus/plugin-sdk'
import { bmcAction } from './bmc-action.ts'
import type { Service } from './service.ts'

const kinds: Readonly<Record<ResourceKind, readonly [name: string, what: string]>> = {
  bios: ['getBios', 'the firmware settings'],
  memory: ['getMemory', 'the memory modules'],
  storage: ['getStorage', 'the storage controllers and their drives'],
  simpleStorage: ['getSimpleStorage', 'the storage devices, in the short form'],
  processor: ['getProcessor', 'the processors'],
  networkInterfaces: ['getNetworkInterfaces', 'the network adapters'],
  ethernetInterfaces: ['getEthernetInterfaces', 'the Ethernet ports'],
  secureBoot: ['getSecureBoot', 'the state of secure boot'],
}

/** Result: the resource as the BMC gives it, or a list of the members of its collection. */
export function resourceActions(service: Service): Action[] {
  return (Object.keys(kinds) as ResourceKind[]).map((kind) => {
    const [name, what] = kinds[kind]
    return bmcAction(service, {
      name,
      description: `Read ${what}`,
      needs: kind,
      budgetMs: 60_000,
      run: async (bmc, call) => bmc.resource?.(kind, call),
    })
  })
}

/** Result: `{"Reset": true}`. */
export function resetBios(service: Service): Action {
  return bmcAction(service, {
    name: 'resetBios',
    description: 'Set the firmware settings back to their defaults, at the next start of the machine',
    needs: 'resetBios',
    changes: true,
    run: async (bmc, call) => {
      await bmc.resetBios?.(call)
      return { Reset: true }
    },
  })
}
