import type { JsonObject } from '@powerbus/drp'
import { PowerbusError, readParamValues } from '@powerbus/plugin-sdk'
import type { DeviceSpec } from '../cloud/device.ts'
import * as params from '../params.ts'
import type { Means } from './means.ts'

/** Params that describe a new device. */
const deviceParams = [
  params.deviceName,
  params.facility,
  params.metro,
  params.plan,
  params.projectId,
  params.alwaysPxe,
  params.ipxeScriptUrl,
] as const

/**
 * The device that the params describe. `defaults.name` is the hostname without packet/name. Throws PARAM_INVALID, and
 * PARAM_MISSING if neither params nor defaults name a project.
 */
export function deviceSpec(
  raw: JsonObject,
  defaults: { readonly name: string } & Pick<Means, 'projectId' | 'ipxeScriptUrl'>,
): DeviceSpec {
  const values = readParamValues(deviceParams, raw)
  const projectId = values['packet/project-id'] ?? defaults.projectId
  if (projectId === undefined || projectId === '')
    throw new PowerbusError(
      'PARAM_MISSING',
      'Param packet/project-id is missing: packet/api-key does not have exactly one project, so name the one for new devices',
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
