import { type BmcDriver, checkTarget, type Drivers, type Target } from '@powerbus/bmc-drivers'
import type { Logger, ParamValues } from '@powerbus/plugin-sdk'
import type { connection } from '../params.ts'

/** What the actions of this plugin work with. */
export interface Service {
  readonly drivers: Drivers
}

type Connection = ParamValues<typeof connection>

/** Param with the port of each mode. */
const ports = {
  ipmitool: 'ipmi/port-ipmitool',
  redfish: 'ipmi/port-redfish',
  auto: 'ipmi/port-redfish',
  racadm: 'ipmi/port-racadm',
  racadmn: 'ipmi/port-racadm',
  lpar: 'ipmi/port-lpar',
} as const satisfies Record<Connection['ipmi/mode'], keyof Connection>

/** The driver for the machine that an action is for. Sends nothing. Throws PARAM_INVALID, DRIVER_UNKNOWN. */
export async function driverFor(
  { drivers }: Service,
  { params, log }: { readonly params: Connection; readonly log: Logger },
): Promise<BmcDriver> {
  const mode = params['ipmi/mode']
  const target = { ...targetOf(params), note: (text: string) => log.info(text) }
  checkTarget(target, mode)
  return drivers.driver(mode, target)
}

function targetOf(params: Connection): Target {
  const kg = params['ipmi/kg']
  const cipherSuite = params['ipmi/cipher-suite']
  const privilege = params['ipmi/privilege']
  const ca = params['ipmi/ca-cert']
  const fingerprint = params['ipmi/tls-fingerprint']
  const systemId = params['ipmi/system-id']
  const rules = params['ipmi/redfish-rules']
  const module = params['ipmi/racadm-module']
  const lparId = params['ipmi/lpar-id']
  return {
    address: params['ipmi/address'].trim(),
    port: params[ports[params['ipmi/mode']]],
    ipmiPort: params['ipmi/port-ipmitool'],
    username: params['ipmi/username'],
    password: params['ipmi/password'],
    ...(kg && { kg }),
    ...(cipherSuite && { cipherSuite }),
    ...(privilege && { privilege }),
    workarounds: params['ipmi/workarounds'] ?? [],
    keepSessionMs: params['ipmi/keep-session'] * 1000,
    tls: { verify: params['ipmi/tls-verify'], ...(ca && { ca }), ...(fingerprint && { fingerprint }) },
    redfish: { ...(systemId && { systemId }), ...(rules && { rules }) },
    racadm: { transport: params['ipmi/racadm-transport'], ...(module && { module }) },
    ...(lparId && { lparId }),
  }
}
