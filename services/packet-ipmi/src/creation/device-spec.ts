import type { JsonObject } from '@powerbus/drp'
import { PowerbusError, readParamValues } from '@powerbus/plugin-sdk'
import type { DeviceSpec } from '../cloud/device.ts'
import * as params from '../params.ts'

/** Params that say what a new device shall be. */
export const deviceParams = [
  params.deviceName,
  params.facility,
  params.metro,
  params.plan,
  params.projectId,
  params.alwaysPxe,
  params.ipxeScriptUrl,
] as const

export interface SpecDefaults {
  readonly name: string
  readonly projectId: string | undefined
  readonly ipxeScriptUrl: string
}

/** Throws PARAM_INVALID, and PARAM_MISSING where there is no project to make it in. */
export function deviceSpec(raw: JsonObject, defaults: SpecDefaults): DeviceSpec {
  const values = readParamValues(deviceParams, raw)
  const projectId = values['packet/project-id'] ?? defaults.projectId
  if (projectId === undefined || projectId === '')
    throw new PowerbusError(
      'PARAM_MISSING',
      'Param packet/project-id is missing: the key has not exactly one project, so say which one devices are made in',
    )
  const metro = values['packet/metro']
  return {
    projectId,
    hostname: values['packet/name'] ?? defaults.name,
    plan: values['packet/plan'],
    facility: values['packet/facility'],
    ...(metro !== undefined && { metro }),
    alwaysPxe: values['packet/always-pxe'],
    ipxeScriptUrl: values['packet/ipxe-script-url'] ?? defaults.ipxeScriptUrl,
  }
}
