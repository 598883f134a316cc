import {
  type Action,
  defineAction,
  type PowerVerb,
  powerActionTimeoutMs,
  powerParams,
  powerVerbs,
} from '@powerbus/plugin-sdk'
import { connection } from '../params.ts'
import { driverFor, type Service } from './service.ts'

const verbs: readonly PowerVerb[] = [
  'poweron',
  'poweroff',
  'powercycle',
  'powershutdown',
  'powerreset',
  'powerdiag',
  'powerstatus',
]

export function powerActions(service: Service): Action[] {
  return verbs.map((verb) =>
    defineAction({
      name: verb,
      model: 'machines',
      description: powerVerbs[verb].description,
      params: [...connection, ...powerParams],
      timeoutMs: (params) => powerActionTimeoutMs(verb, params),
      run: async (context) => context.power.power(verb, await driverFor(service, context.params), context),
    }),
  )
}
