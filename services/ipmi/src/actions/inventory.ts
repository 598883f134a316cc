import type { BmcConnection } from '@powerbus/bmc-drivers'
import { type Action, type Call, defineAction, readActionTimeoutMs, readParams } from '@powerbus/plugin-sdk'
import { connection } from '../params.ts'
import { driverFor, type Service } from './service.ts'

/** Result: BmcInfo of @powerbus/bmc-drivers, without the session's cipher suite. */
export function getInfo(service: Service): Action {
  return defineAction({
    name: 'getInfo',
    model: 'machines',
    description: 'Read what the BMC is: device, firmware, manufacturer, product, GUID',
    params: [...connection, ...readParams],
    timeoutMs: readActionTimeoutMs,
    run: async (context) => {
      const driver = await driverFor(service, context.params)
      const command = {
        sends: [driver.describe('info')],
        run: async (bmc: BmcConnection, call: Call) => {
          const { CipherSuite: _, ...info } = (await bmc.info?.(call)) ?? {}
          return info
        },
      }
      return context.power.other(command, driver, context)
    },
  })
}

/** Result: Health of @powerbus/bmc-drivers. */
export function status(service: Service): Action {
  return defineAction({
    name: 'status',
    model: 'machines',
    description: 'Read how the machine is: self test of the BMC, faults of the chassis',
    params: [...connection, ...readParams],
    timeoutMs: readActionTimeoutMs,
    run: async (context) => {
      const driver = await driverFor(service, context.params)
      const command = {
        sends: [driver.describe('health')],
        run: async (bmc: BmcConnection, call: Call) => bmc.health?.(call),
      }
      return context.power.other(command, driver, context)
    },
  })
}
