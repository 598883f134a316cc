import { isIP } from 'node:net'
import { type ParamValues, PowerbusError, type Secret } from '@powerbus/plugin-sdk'
import type { pluginParams } from './params.ts'

/** Where the VMs are, and who runs them. */
export interface HypervisorSettings {
  readonly backend: 'virtualbox' | 'file'
  readonly user: string
  /** Empty: the backend's own default. */
  readonly vmPath: string
  /** Empty: looked for on the PATH. */
  readonly command: string
}

export interface BmcSettings {
  readonly address: string
  readonly basePort: number
  readonly spread: 'port' | 'address'
  readonly username: string
  readonly password: Secret
}

export interface Settings {
  readonly hypervisor: HypervisorSettings
  readonly importVms: boolean
  readonly startCreated: boolean
  readonly poweredBy: 'virtualbox' | 'ipmi'
  /** Undefined: no emulated BMCs. */
  readonly bmc: BmcSettings | undefined
}

/** IPMI's limits in bytes. §13.20, §22.30. */
const MAX_USERNAME_BYTES = 16
const MAX_PASSWORD_BYTES = 20

/** Throws PARAM_INVALID and PARAM_MISSING for values that do not go together; messages show no secret. */
export function settingsOf(params: ParamValues<typeof pluginParams>): Settings {
  const bmc = bmcSettingsOf(params)
  const poweredBy = params['virtualbox/powered-by']
  if (poweredBy === 'ipmi' && bmc === undefined)
    throw invalid('virtualbox/powered-by', 'is ipmi, and virtualbox/bmc-address is empty: machines would have no BMC')
  return {
    hypervisor: {
      backend: params['virtualbox/backend'],
      user: params['virtualbox/user'],
      vmPath: params['virtualbox/vm-path'] ?? '',
      command: params['virtualbox/command'] ?? '',
    },
    importVms: params['virtualbox/import'],
    startCreated: params['virtualbox/start-created'],
    poweredBy,
    bmc,
  }
}

function bmcSettingsOf(params: ParamValues<typeof pluginParams>): BmcSettings | undefined {
  const address = params['virtualbox/bmc-address'].trim()
  if (address === '') return undefined
  if (isIP(address) === 0) throw invalid('virtualbox/bmc-address', 'is no IP address')
  if (/^[0.:]+$/.test(address))
    throw invalid('virtualbox/bmc-address', 'stands for all addresses: give the one that consoles shall use')
  const spread = params['virtualbox/bmc-spread']
  if (spread === 'address' && isIP(address) !== 4)
    throw invalid('virtualbox/bmc-address', 'must be an IPv4 address where virtualbox/bmc-spread is address')
  const username = params['virtualbox/bmc-username']
  const password = params['virtualbox/bmc-password']
  if (password === undefined || password.reveal() === '')
    throw new PowerbusError(
      'PARAM_MISSING',
      'Param virtualbox/bmc-password is missing: emulated BMCs are on, and need one',
    )
  checkLength('virtualbox/bmc-username', username, MAX_USERNAME_BYTES)
  checkLength('virtualbox/bmc-password', password.reveal(), MAX_PASSWORD_BYTES)
  return { address, basePort: params['virtualbox/bmc-base-port'], spread, username, password }
}

function checkLength(name: string, text: string, most: number): void {
  if (Buffer.byteLength(text) > most) throw invalid(name, `has more than the ${most} bytes that IPMI allows`)
  if (text.includes('\0')) throw invalid(name, 'has a zero byte, which ends a name or password in IPMI')
}

function invalid(name: string, problem: string): PowerbusError {
  return new PowerbusError('PARAM_INVALID', `Param ${name} ${problem}`)
}
