import { isIPv4 } from 'node:net'
import { LanAddressSource, type LanAddressSourceName, LanParameter } from '../commands/lan-parameters.ts'
import type { CipherSuite } from '../crypto/cipher-suite.ts'
import { CompletionCode } from '../spec/completion-code.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'

/** What the BMC says about its LAN channel. IPv4 addresses as text. */
export interface LanSettings {
  /** Default: the address that `listenBmc` bound, if it is IPv4, else 0.0.0.0. */
  readonly address?: string
  /** Default 255.255.255.0. */
  readonly subnetMask?: string
  /** Default 0.0.0.0, for none. */
  readonly gateway?: string
  /** Six bytes in hexadecimal with colons. Default: a locally administered address made of the GUID. */
  readonly macAddress?: string
  /** Default `static`. */
  readonly source?: LanAddressSourceName
}

/** Where the BMC listens. */
export interface LanPlace {
  readonly address: string
  readonly port: number
}

const RMCP_PORT = 623
const NO_ADDRESS = '0.0.0.0'
const TIME_TO_LIVE = 64
/** Do not fragment. §23.2, parameter 7. */
const IPV4_FLAGS = 0x40
/** Minimum delay of the type of service. §23.2, parameter 7. */
const TYPE_OF_SERVICE = 0x10
const COMMUNITY_LENGTH = 18
/** Suites in parameters 23 and 24. */
const SUITE_ENTRIES = 16

/** Throws RangeError for an address that is none. */
export function checkLanSettings({ address, subnetMask, gateway, macAddress }: LanSettings): void {
  for (const [name, text] of Object.entries({ address, subnetMask, gateway })) {
    if (text !== undefined && !isIPv4(text)) throw new RangeError(`lan.${name} must be an IPv4 address`)
  }
  if (macAddress !== undefined && !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(macAddress))
    throw new RangeError('lan.macAddress must have six bytes, such as 02:00:00:00:00:01')
}

export interface LanFacts {
  readonly settings: LanSettings
  readonly place: LanPlace | undefined
  readonly guid: Uint8Array
  readonly suites: readonly CipherSuite[]
}

/** Data of a LAN configuration parameter; undefined for one that this BMC does not have. §23.2, table 23-4. */
export function lanParameter(parameter: number, facts: LanFacts): Uint8Array | undefined {
  const { settings, place, guid, suites } = facts
  const bound = place !== undefined && isIPv4(place.address) ? place.address : NO_ADDRESS
  switch (parameter) {
    case LanParameter.setInProgress:
    case LanParameter.authenticationTypes:
    case LanParameter.arpControl:
    case LanParameter.gratuitousArpInterval:
    case LanParameter.destinations:
    case LanParameter.vlanPriority:
      return new Uint8Array(1)
    // No authentication types: the BMC has no sessions of IPMI v1.5.
    case LanParameter.authenticationEnables:
      return new Uint8Array(5)
    case LanParameter.address:
      return ipv4(settings.address ?? bound)
    case LanParameter.addressSource:
      return Uint8Array.of(LanAddressSource[settings.source ?? 'static'])
    case LanParameter.macAddress:
      return settings.macAddress === undefined
        ? macOf(guid)
        : Uint8Array.from(Buffer.from(settings.macAddress.replaceAll(':', ''), 'hex'))
    case LanParameter.subnetMask:
      return ipv4(settings.subnetMask ?? '255.255.255.0')
    case LanParameter.ipv4Header:
      return Uint8Array.of(TIME_TO_LIVE, IPV4_FLAGS, TYPE_OF_SERVICE)
    case LanParameter.primaryPort:
      return uint16(place?.port ?? RMCP_PORT)
    case LanParameter.defaultGateway:
      return ipv4(settings.gateway ?? NO_ADDRESS)
    case LanParameter.backupGateway:
      return ipv4(NO_ADDRESS)
    case LanParameter.defaultGatewayMac:
    case LanParameter.backupGatewayMac:
      return new Uint8Array(6)
    case LanParameter.community:
      return new Uint8Array(COMMUNITY_LENGTH)
    case LanParameter.vlanId:
      return uint16(0)
    case LanParameter.cipherSuiteCount:
      return Uint8Array.of(suites.length)
    case LanParameter.cipherSuites:
      return padded(1 + SUITE_ENTRIES, [0, ...idsOf(suites)])
    case LanParameter.cipherSuitePrivileges:
      return padded(1 + SUITE_ENTRIES / 2, [0, ...nibbles(suites.map(() => PrivilegeLevel.administrator))])
    default:
      return undefined
  }
}

/**
 * Settings that Set LAN Configuration Parameters changes. A completion code for data of a wrong length or out of range;
 * undefined for a parameter that cannot be set. §23.1, table 23-4.
 */
export function setLanParameter(parameter: number, data: Uint8Array): LanSettings | number | undefined {
  const length = settable.get(parameter)
  if (length === undefined) return undefined
  if (data.length !== length) return CompletionCode.InvalidLength
  const [first = 0] = data
  switch (parameter) {
    case LanParameter.address:
      return { address: data.join('.') }
    case LanParameter.subnetMask:
      return { subnetMask: data.join('.') }
    case LanParameter.defaultGateway:
      return { gateway: data.join('.') }
    case LanParameter.macAddress:
      return { macAddress: (Buffer.from(data).toString('hex').match(/../g) ?? []).join(':') }
    case LanParameter.addressSource: {
      const source = addressSources.find((name) => LanAddressSource[name] === (first & 0x0f))
      return source === undefined ? CompletionCode.InvalidDataField : { source }
    }
    // Each parameter takes effect at once, so no state of this one refuses another.
    default:
      return first <= LAST_SET_IN_PROGRESS ? {} : CompletionCode.InvalidDataField
  }
}

const LAST_SET_IN_PROGRESS = 2
const addressSources = Object.keys(LanAddressSource) as LanAddressSourceName[]
/** Bytes of the parameters that can be set. */
const settable: ReadonlyMap<number, number> = new Map([
  [LanParameter.setInProgress, 1],
  [LanParameter.address, 4],
  [LanParameter.addressSource, 1],
  [LanParameter.macAddress, 6],
  [LanParameter.subnetMask, 4],
  [LanParameter.defaultGateway, 4],
])

function idsOf(suites: readonly CipherSuite[]): number[] {
  return suites.map(({ id }) => id).sort((a, b) => a - b)
}

/** Two values of 4 bits a byte, the first in the low half. */
function nibbles(values: readonly number[]): number[] {
  const count = Math.ceil(values.length / 2)
  return Array.from({ length: count }, (_, i) => (values[2 * i] ?? 0) | ((values[2 * i + 1] ?? 0) << 4))
}

function padded(length: number, bytes: readonly number[]): Uint8Array {
  const data = new Uint8Array(length)
  data.set(bytes)
  return data
}

function ipv4(text: string): Uint8Array {
  return Uint8Array.from(text.split('.'), Number)
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8)
}

/** Bit 1 of the first byte: locally administered. */
function macOf(guid: Uint8Array): Uint8Array {
  return Uint8Array.of(0x02, ...guid.subarray(0, 5))
}
