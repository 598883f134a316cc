import { isIPv4 } from 'node:net'
import { type ParamValues, PowerbusError } from '@powerbus/plugin-sdk'
import { checkOneAddress } from './bmc/host-address.ts'
import type { pluginParams } from './params.ts'

export type PluginParams = ParamValues<typeof pluginParams>
export type Settings = ReturnType<typeof settingsOf>
export type BmcSettings = NonNullable<Settings['bmc']>

/** Limits in bytes of IPMI 2.0. §13.20, §22.30. */
const MAX_USERNAME_BYTES = 16
const MAX_PASSWORD_BYTES = 20

/** Throws PARAM_INVALID and PARAM_MISSING for values that contradict each other. */
export function settingsOf(params: PluginParams) {
  const bmc = bmcSettingsOf(params)
  const poweredBy = params['virtualbox/powered-by']
  if (poweredBy === 'ipmi' && bmc === undefined)
    throw invalid('virtualbox/powered-by', 'is ipmi, which needs emulated BMCs: set virtualbox/bmc-address')
  return {
    importVms: params['virtualbox/import'],
    startCreated: params['virtualbox/start-created'],
    poweredBy,
    /** Undefined: no emulated BMCs. */
    bmc,
  }
}

/** The network of new VMs, as far as it is set. A blank name counts as none. Throws PARAM_INVALID. */
export function networkOf({ 'virtualbox/network-kind': kind, 'virtualbox/network-name': name = '' }: PluginParams) {
  if (/\p{Cc}/u.test(name)) throw invalid('virtualbox/network-name', 'must not have control characters')
  return { kind, name: name.trim() === '' ? undefined : name }
}

function bmcSettingsOf(params: PluginParams) {
  const address = params['virtualbox/bmc-address'].trim()
  if (address === '') return undefined
  checkOneAddress(address)
  const spread = params['virtualbox/bmc-spread']
  if (spread === 'address' && !isIPv4(address))
    throw invalid('virtualbox/bmc-address', 'must be an IPv4 address when virtualbox/bmc-spread is address')
  const username = params['virtualbox/bmc-username']
  const password = params['virtualbox/bmc-password']
  if (password === undefined || password.reveal() === '')
    throw new PowerbusError(
      'PARAM_MISSING',
      'Param virtualbox/bmc-password is missing: virtualbox/bmc-address needs it',
    )
  checkLength('virtualbox/bmc-username', username, MAX_USERNAME_BYTES)
  checkLength('virtualbox/bmc-password', password.reveal(), MAX_PASSWORD_BYTES)
  const redfishPort = params['virtualbox/redfish-port']
  const basePort = params['virtualbox/bmc-base-port']
  return { address, basePort, spread, username, password, ...(redfishPort !== undefined && { redfishPort }) }
}

function checkLength(name: string, text: string, most: number): void {
  if (Buffer.byteLength(text) > most) throw invalid(name, `must have at most ${most} bytes, the limit of IPMI`)
  if (text.includes('\0')) throw invalid(name, 'must not have a zero byte, which ends a name or password in IPMI')
}

function invalid(name: string, problem: string): PowerbusError {
  return new PowerbusError('PARAM_INVALID', `Param ${name} ${problem}`)
}
