import { type Action, powerAction, powerVerbs, required } from '@powerbus/plugin-sdk'
import { cloudPowerDriver } from '../cloud-power-driver.ts'
import { apiKey, uuid } from '../params.ts'
import type { Service } from '../service.ts'
import { deviceIdOf } from './machine-power.ts'
import { assertUnprotected } from './unprotected.ts'

const verbs = { startVm: 'poweron', stopVm: 'poweroff' } as const

/** The power verbs for a device that is named in the request, and need not be a machine's. */
export function vmPowerActions(service: Service): Action[] {
  return Object.entries(verbs).map(([name, verb]) =>
    powerAction(verb, {
      name,
      model: 'plugins',
      description: `${powerVerbs[verb].description}: the device packet/uuid`,
      params: [required(apiKey), uuid],
      driver: async (context) => {
        const { params } = context
        const deviceId = deviceIdOf(params)
        const cloud = await service.cloud(params['packet/api-key'])
        if (powerVerbs[verb].takesDown && !params['power/dry-run']) await assertUnprotected(service, deviceId, context)
        return cloudPowerDriver(cloud, deviceId)
      },
    }),
  )
}
