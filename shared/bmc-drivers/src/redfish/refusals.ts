import { PowerbusError } from '@powerbus/plugin-sdk/unshared'
import type { RedfishError } from '@powerbus/redfish'

interface Named {
  readonly key: string
}

/** This BMC cannot do it, whatever the mode can. */
export function unsupported({ key }: Named, why: string, cause?: RedfishError): PowerbusError {
  return new PowerbusError(
    'CAPABILITY_UNSUPPORTED',
    `${key}: this BMC cannot do it on ipmi driver: redfish: ${why}`,
    cause && { cause },
  )
}

/** The BMC refused the last form of the request that there is. */
export function refuse({ key }: Named, what: string, cause: RedfishError): PowerbusError {
  return new PowerbusError('CAPABILITY_UNSUPPORTED', `${key} ${what}: ${cause.message}`, { cause })
}
