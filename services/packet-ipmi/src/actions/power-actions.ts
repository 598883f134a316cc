import {
  type Action,
  type ParamValues,
  PowerbusError,
  type PowerVerb,
  powerAction,
  powerVerbs,
  required,
} from '@powerbus/plugin-sdk'
import { cloudPowerDriver } from '../cloud-power-driver.ts'
import { apiKey, uuid } from '../params.ts'
import type { Service } from '../service.ts'

const machineVerbs = ['poweron', 'poweroff', 'powercycle', 'powerstatus'] as const
const vmVerbs = { startVm: 'poweron', stopVm: 'poweroff' } as const

/**
 * The power verbs that the API has, and `rescue`, which follows the rules of powerreset: it restarts into the cloud's
 * rescue system instead of the machine's own.
 */
export function machinePowerActions(service: Service): Action[] {
  const action = (verb: PowerVerb, more: { readonly name?: string; readonly description?: string } = {}) =>
    powerAction(verb, {
      ...more,
      params: [required(uuid)],
      driver: ({ params }) => cloudPowerDriver(service.cloud(), deviceIdOf(params)),
    })
  const description = "Restart the machine, once, into the cloud's rescue system"
  return [...machineVerbs.map((verb) => action(verb)), action('powerreset', { name: 'rescue', description })]
}

/** Power verbs for a device that the request names by packet/uuid, with or without a machine. */
export function vmPowerActions(service: Service): Action[] {
  return Object.entries(vmVerbs).map(([name, verb]) =>
    powerAction(verb, {
      name,
      model: 'plugins',
      description: `${powerVerbs[verb].description}: the device packet/uuid`,
      params: [required(apiKey), uuid],
      driver: async (context) => {
        const { params } = context
        const deviceId = deviceIdOf(params)
        const cloud = service.cloud(params['packet/api-key'])
        if (powerVerbs[verb].takesDown && !params['power/dry-run'])
          await service.running().assertUnprotected(deviceId, context)
        return cloudPowerDriver(cloud, deviceId)
      },
    }),
  )
}

/** The param packet/uuid. Throws PARAM_MISSING if it is missing or blank. */
export function deviceIdOf(values: ParamValues<readonly [typeof uuid]>): string {
  const id = values['packet/uuid']?.trim() ?? ''
  if (id !== '') return id
  throw new PowerbusError('PARAM_MISSING', "Param packet/uuid is missing: give a device's id")
}
