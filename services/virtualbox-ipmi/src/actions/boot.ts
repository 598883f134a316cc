import {
  type Action,
  type BootVerb,
  bootActionTimeoutMs,
  bootVerbs,
  defineAction,
  powerParams,
  required,
} from '@powerbus/plugin-sdk'
import { id } from '../params.ts'
import type { Service } from '../service.ts'
import { vmDriver } from '../vm/power-driver.ts'
import { vmIdFrom } from './vm-choice.ts'

const verbs: readonly Exclude<BootVerb, 'nextbootbios'>[] = [
  'nextbootpxe',
  'nextbootdisk',
  'nextbootcd',
  'forcebootpxe',
  'forcebootdisk',
]
const READ_MS = 5000

/**
 * Result: as of every boot command, and `Pending`: true where the VM is on, so that its boot order changes only when it is off (poweroff and poweron,
 * or powercycle; not powerreset).
 */
export function bootActions(service: Service): Action[] {
  return verbs.map((verb) =>
    defineAction({
      name: verb,
      model: 'machines',
      description: bootVerbs[verb].description,
      params: [required(id), ...powerParams],
      timeoutMs: bootActionTimeoutMs,
      async run(context) {
        const { power } = service.host
        const vmId = vmIdFrom(context.params['virtualbox/id'])
        const { device, persistent } = bootVerbs[verb]
        const result = await context.power.setBoot({ device, persistent, efi: false }, vmDriver(power, vmId), context)
        if ('DryRun' in result) return result
        const call = { signal: context.signal, timeoutMs: READ_MS }
        const { pending } = await power.boot.choice(await power.hypervisor.get(vmId, call), call)
        return { ...result, Pending: pending }
      },
    }),
  )
}
