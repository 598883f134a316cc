import type { BmcConnection } from '@powerbus/bmc-drivers'
import {
  type Action,
  type Call,
  defineAction,
  identifyWords,
  PowerbusError,
  powerAnswer,
  readActionTimeoutMs,
  readParams,
} from '@powerbus/plugin-sdk'
import { connection, identifyDuration } from '../params.ts'
import { driverFor, type Service } from './service.ts'

/** The command carries one byte (IPMI v2.0 §28.5). */
const SECONDS_MAX = 255

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
      if (seconds < 0 || seconds > SECONDS_MAX)
        throw new PowerbusError('PARAM_INVALID', `Param ipmi/identify-duration: must be 0 to ${SECONDS_MAX} (seconds)`)
      const driver = await driverFor(service, context)
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
