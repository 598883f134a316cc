import {
  type Action,
  type ParamValues,
  PowerbusError,
  type PowerVerb,
  powerAction,
  required,
} from '@powerbus/plugin-sdk'
import { cloudPowerDriver } from '../cloud-power-driver.ts'
import { uuid } from '../params.ts'
import type { Service } from '../service.ts'

const verbs = ['poweron', 'poweroff', 'powercycle', 'powerstatus'] as const

/** The power verbs that the API has, and `rescue`: for it holds what holds for powerreset, with the cloud's rescue system in place of the machine's own. */
export function machinePowerActions(service: Service): Action[] {
  const action = (verb: PowerVerb, more: { readonly name?: string; readonly description?: string } = {}) =>
    powerAction(verb, {
      ...more,
      params: [required(uuid)],
      driver: async ({ params }) => cloudPowerDriver(await service.cloud(), deviceIdOf(params)),
    })
  const description = "Restart the machine, once, into the cloud's rescue system"
  return [...verbs.map((verb) => action(verb)), action('powerreset', { name: 'rescue', description })]
}

/** Throws PARAM_MISSING where the machine has no device. */
export function deviceIdOf(values: ParamValues<readonly [typeof uuid]>): string {
  const id = values['packet/uuid']?.trim() ?? ''
  if (id !== '') return id
  throw new PowerbusError('PARAM_MISSING', "Param packet/uuid is missing: give a device's id")
}
