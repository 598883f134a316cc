import { type Action, defineAction, readActionTimeoutMs, readParams } from '@powerbus/plugin-sdk'
import { connection } from '../params.ts'
import { driverFor, type Service } from './service.ts'

/** Result: BmcInfo of drivers/driver.ts. */
export function getInfo(service: Service): Action {
  return defineAction({
    name: 'getInfo',
    model: 'machines',
    description: 'Read what the BMC is: device, firmware, manufacturer, product, GUID',
    params: [...connection, ...readParams],
    timeoutMs: readActionTimeoutMs,
    run: async (context) => {
      const driver = await driverFor(service, context.params)
      return context.power.other({ sends: [driver.describe('info')], run: driver.info?.bind(driver) }, driver, context)
    },
  })
}

/** Result: Health of drivers/driver.ts. */
export function status(service: Service): Action {
  return defineAction({
    name: 'status',
    model: 'machines',
    description: 'Read how the machine is: self test of the BMC, faults of the chassis',
    params: [...connection, ...readParams],
    timeoutMs: readActionTimeoutMs,
    run: async (context) => {
      const driver = await driverFor(service, context.params)
      return context.power.other(
        { sends: [driver.describe('health')], run: driver.health?.bind(driver) },
        driver,
        context,
      )
    },
  })
}
