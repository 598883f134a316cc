import { type Action, bootAction, deviceBootVerbs, required } from '@powerbus/plugin-sdk'
import { checkedId } from '../hypervisor/check-spec.ts'
import { id } from '../params.ts'
import type { Service } from '../service.ts'
import { vmDriver } from '../vm/power-driver.ts'

/**
 * The result has `Pending` beside the fields of every boot command: true while the VM is on, since its boot order
 * changes only when it is off (by poweroff and poweron or by powercycle, not by powerreset).
 */
export function bootActions(service: Service): Action[] {
  return deviceBootVerbs.map((verb) =>
    bootAction(verb, [required(id)], async (request, context) => {
      const driver = vmDriver(service.host.power, checkedId(context.params['virtualbox/id']))
      const result = await context.power.setBoot({ ...request, efi: false }, driver, context)
      return 'DryRun' in result ? result : { ...result, Pending: driver.isBootPending() }
    }),
  )
}
