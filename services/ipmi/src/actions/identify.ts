import type { BmcConnection } from '@powerbus/bmc-drivers'
import {
  type Action,
  type Call,
  defineAction,
  identifyWords,
  powerAnswer,
  readActionTimeoutMs,
  readParams,
} from '@powerbus/plugin-sdk'
import { connection, identifyDuration } from '../params.ts'
import { driverFor, type Service } from './service.ts'

/** Result: `{"Identify": "on" | "off", "Seconds": n}`. */
export function identify(service: Service): Action {
  return defineAction({
    name: 'identify',
    model: 'machines',
    description: 'Have the machine show where it is, by a lamp or a sound',
    params: [...connection, identifyDuration, ...readParams, powerAnswer],
    timeoutMs: readActionTimeoutMs,
    run: async (context) => {
      const seconds = context.params['ipmi/identify-duration']
      const driver = await driverFor(service, context.params)
      const send = driver.describe('identify')
      const command = {
        sends: [send && `${send}: ${seconds} s`],
        run: async (bmc: BmcConnection, call: Call) => {
          await bmc.identify?.(seconds, call)
          return { Identify: seconds === 0 ? 'off' : 'on', Seconds: seconds }
        },
      }
      return context.power.other(command, driver, context)
    },
    words: identifyWords,
  })
}
