import { type Action, powerAction, required } from '@powerbus/plugin-sdk'
import { checkedId } from '../hypervisor/check-spec.ts'
import { id } from '../params.ts'
import type { Service } from '../service.ts'
import { vmDriver } from '../vm/power-driver.ts'

const verbs = ['poweron', 'poweroff', 'powercycle', 'powershutdown', 'powerreset', 'powerstatus'] as const

export function powerActions(service: Service): Action[] {
  return verbs.map((verb) =>
    powerAction(verb, {
      params: [required(id)],
      driver: ({ params }) => vmDriver(service.host.power, checkedId(params['virtualbox/id'])),
    }),
  )
}
