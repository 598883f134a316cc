import {
  type Action,
  defineAction,
  type ParamValues,
  PowerbusError,
  type PowerDriver,
  powerActionTimeoutMs,
  powerParams,
  powerVerbs,
  required,
} from '@powerbus/plugin-sdk'
import { cloudPowerDriver } from '../cloud-power-driver.ts'
import { uuid } from '../params.ts'
import type { Service } from '../service.ts'

const verbs = ['poweron', 'poweroff', 'powercycle', 'powerstatus'] as const
const params = [required(uuid), ...powerParams] as const

/** The power verbs that the API has. */
export function machinePowerActions(service: Service): Action[] {
  return verbs.map((verb) =>
    defineAction({
      name: verb,
      model: 'machines',
      description: powerVerbs[verb].description,
      params,
      timeoutMs: (values) => powerActionTimeoutMs(verb, values),
      run: async (context) => context.power.power(verb, await driverOf(service, context.params), context),
    }),
  )
}

/** A restart by another way: what holds for powerreset holds here, with the cloud's rescue system in place of the machine's own. */
export function rescueAction(service: Service): Action {
  return defineAction({
    name: 'rescue',
    model: 'machines',
    description: "Restart the machine, once, into the cloud's rescue system",
    params,
    timeoutMs: (values) => powerActionTimeoutMs('powerreset', values),
    run: async (context) => context.power.power('powerreset', await driverOf(service, context.params), context),
  })
}

async function driverOf(service: Service, values: ParamValues<readonly [typeof uuid]>): Promise<PowerDriver> {
  return cloudPowerDriver(await service.cloud(), deviceIdOf(values))
}

/** Throws PARAM_MISSING where the machine has no device. */
export function deviceIdOf(values: ParamValues<readonly [typeof uuid]>): string {
  const id = values['packet/uuid']?.trim() ?? ''
  if (id !== '') return id
  throw new PowerbusError('PARAM_MISSING', "Param packet/uuid is missing: give a device's id")
}
