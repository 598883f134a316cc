import type { ParamValues } from '@powerbus/plugin-sdk'
import type { IpmiDriver } from '../drivers/driver.ts'
import type { Drivers } from '../drivers/index.ts'
import type { connection } from '../params.ts'
import { targetOf } from '../target.ts'

/** What the actions of this plugin work with. */
export interface Service {
  readonly drivers: Drivers
}

/** The driver for the machine that an action is for. Sends nothing. Throws PARAM_INVALID, DRIVER_UNKNOWN. */
export async function driverFor({ drivers }: Service, params: ParamValues<typeof connection>): Promise<IpmiDriver> {
  return drivers.open(params['ipmi/mode'], targetOf(params))
}
