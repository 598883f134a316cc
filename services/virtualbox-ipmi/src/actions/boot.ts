import { type Action, bootAction, deviceBootVerbs, required } from '@powerbus/plugin-sdk'
import { id } from '../params.ts'
import type { Service } from '../service.ts'
import { vmDriver } from '../vm/power-driver.ts'
import { vmIdFrom } from './vm-choice.ts'

/**
 * Result: as of every boot command, and `Pending`: true where the VM is on, so that its boot order changes only when it is off (poweroff and poweron,
 * or powercycle; not powerreset).
 */
export function bootActions(service: Service): Action[] {
  return deviceBootVerbs.map((verb) =>
    bootAction(verb, [required(id)], async (request, context) => {
      const driver = vmDriver(service.host.power, vmIdFrom(context.params['virtualbox/id']))
      const result = await context.power.setBoot({ ...request, efi: false }, driver, context)
      return 'DryRun' in result ? result : { ...result, Pending: driver.isBootPending() }
    }),
  )
}
