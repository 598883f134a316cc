import { type Action, type PowerVerb, powerAction } from '@powerbus/plugin-sdk'
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
  'accycle',
]

export function powerActions(service: Service): Action[] {
  return verbs.map((verb) =>
    powerAction(verb, { params: connection, driver: (context) => driverFor(service, context) }),
  )
}
