import {
  type Action,
  defineAction,
  type PowerVerb,
  powerActionTimeoutMs,
  powerParams,
  powerVerbs,
  required,
} from '@powerbus/plugin-sdk'
import { id } from '../params.ts'
import type { Service } from '../service.ts'
import { vmDriver } from '../vm/power-driver.ts'
import { vmIdFrom } from './vm-choice.ts'

const verbs: readonly PowerVerb[] = ['poweron', 'poweroff', 'powercycle', 'powershutdown', 'powerreset', 'powerstatus']

export function powerActions(service: Service): Action[] {
  return verbs.map((verb) =>
    defineAction({
      name: verb,
      model: 'machines',
      description: powerVerbs[verb].description,
      params: [required(id), ...powerParams],
      timeoutMs: (params) => powerActionTimeoutMs(verb, params),
      run: async (context) => {
        const driver = vmDriver(service.host.power, vmIdFrom(context.params['virtualbox/id']))
        return context.power.power(verb, driver, context)
      },
    }),
  )
}
