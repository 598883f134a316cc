import { type BmcDriver, checkTarget, type Drivers, type Target } from '@powerbus/bmc-drivers'
import type { ParamValues } from '@powerbus/plugin-sdk'
import type { connection } from '../params.ts'

/** What the actions of this plugin work with. */
export interface Service {
  readonly drivers: Drivers
}

/** The driver for the machine that an action is for. Sends nothing. Throws PARAM_INVALID, DRIVER_UNKNOWN. */
export async function driverFor({ drivers }: Service, params: ParamValues<typeof connection>): Promise<BmcDriver> {
  const kg = params['ipmi/kg']
  const cipherSuite = params['ipmi/cipher-suite']
  const privilege = params['ipmi/privilege']
  const target: Target = {
    address: params['ipmi/address'].trim(),
    port: params['ipmi/port-ipmitool'],
    username: params['ipmi/username'],
    password: params['ipmi/password'],
    ...(kg && { kg }),
    ...(cipherSuite && { cipherSuite }),
    ...(privilege && { privilege }),
    workarounds: params['ipmi/workarounds'] ?? [],
    keepSessionMs: params['ipmi/keep-session'] * 1000,
  }
  checkTarget(target)
  return drivers.driver(params['ipmi/mode'], target)
}
