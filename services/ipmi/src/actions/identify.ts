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
import type { IdentifyEnds } from '../identify-ends.ts'
import { connection, identifyDuration } from '../params.ts'
import { driverFor, type Service } from './service.ts'

/** The command of IPMI carries one byte (IPMI v2.0 §28.5). */
const SECONDS_MAX = 255

/** Result: `{"Identify": "on" | "off", "Seconds": n}`. A light that has no end of its own is switched off later. */
export function identify(service: Service, ends: IdentifyEnds): Action {
  return defineAction({
    name: 'identify',
    model: 'machines',
    description: 'Have the machine show where it is, by a lamp or a sound',
    params: [...connection, identifyDuration, ...readParams, powerAnswer],
    timeoutMs: readActionTimeoutMs,
    run: async (context) => {
      const asked = context.params['ipmi/identify-duration']
      if (asked < 0 || asked > SECONDS_MAX)
        throw new PowerbusError('PARAM_INVALID', `Param ipmi/identify-duration: must be 0 to ${SECONDS_MAX} (seconds)`)
      const driver = await driverFor(service, context)
      const send = driver.describe('identify')
      const commandFor = (seconds: number) => ({
        sends: [send && `${send}: ${seconds} s`],
        run: async (bmc: BmcConnection, call: Call) => {
          await bmc.identify?.(seconds, call)
          return { Identify: seconds === 0 ? 'off' : 'on', Seconds: seconds }
        },
      })
      const result = await context.power.other(commandFor(asked), driver, context)
      if (driver.identifyEnds !== false || context.params['power/dry-run']) return result
      const store = await context.state()
      if (asked === 0) {
        await ends.ended(store, driver.key)
        return result
      }
      const { Uuid } = context.model
      const light = { machine: typeof Uuid === 'string' ? Uuid : '', seconds: asked, log: context.log }
      await ends.begun(store, driver.key, light, () => {
        const { 'power/request-id': _, ...params } = context.params
        const later = { ...context, params, signal: new AbortController().signal, deadlineMs: Number.POSITIVE_INFINITY }
        return context.power.other(commandFor(0), driver, later)
      })
      return result
    },
    words: identifyWords,
  })
}
