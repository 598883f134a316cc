import {
  type Action,
  defineAction,
  powerActionTimeoutMs,
  powerParams,
  powerVerbs,
  required,
} from '@powerbus/plugin-sdk'
import { cloudPowerDriver } from '../cloud-power-driver.ts'
import { apiKey, uuid } from '../params.ts'
import type { Service } from '../service.ts'
import { deviceIdOf } from './machine-power.ts'
import { assertUnprotected } from './unprotected.ts'

const verbs = { startVm: 'poweron', stopVm: 'poweroff' } as const

/** The power verbs for a device that is named in the request, and need not be a machine's. */
export function vmPowerActions(service: Service): Action[] {
  return (['startVm', 'stopVm'] as const).map((name) => {
    const verb = verbs[name]
    return defineAction({
      name,
      model: 'plugins',
      description: `${powerVerbs[verb].description}: the device packet/uuid`,
      params: [required(apiKey), uuid, ...powerParams],
      timeoutMs: (values) => powerActionTimeoutMs(verb, values),
      run: async (context) => {
        const deviceId = deviceIdOf(context.params)
        const cloud = await service.cloud(context.params['packet/api-key'])
        if (powerVerbs[verb].takesDown && !context.params['power/dry-run'])
          await assertUnprotected(service, deviceId, context)
        return context.power.power(verb, cloudPowerDriver(cloud, deviceId), context)
      },
    })
  })
}
