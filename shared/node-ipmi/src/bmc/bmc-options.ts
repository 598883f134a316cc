import type { BootFlags } from '../commands/boot-option-parameters.ts'
import { type CipherSuite, cipherSuites } from '../crypto/cipher-suite.ts'
import { MAX_PASSWORD_LENGTH } from '../crypto/rakp-exchange.ts'
import { MAX_USERNAME_LENGTH } from '../handshake/rakp-1.ts'
import type { User } from '../session/managed-session.ts'
import { guidFromString } from '../spec/guid.ts'
import { PrivilegeLevel, type PrivilegeName } from '../spec/privilege-level.ts'
import type { Clock } from '../transport/clock.ts'
import type { Chassis } from './chassis.ts'
import { type DeviceIdentity, defaultDeviceIdentity } from './device-identity.ts'
import type { BmcFaults } from './faults.ts'
import { encodeInventory, type Inventory } from './fru-inventory.ts'

export interface BmcUser {
  /** 0..16 bytes of UTF-8. */
  readonly name: string
  /** 0..20 bytes of UTF-8. */
  readonly password: string
  /** Highest level; default administrator. */
  readonly privilege?: PrivilegeName
  /** Default true. */
  readonly enabled?: boolean
}

export interface BmcOptions {
  readonly chassis: Chassis
  readonly users: readonly BmcUser[]
  /** Of the system; default: random. */
  readonly guid?: string
  /** 0..20 bytes; empty and absent: the user's password stands for it. */
  readonly kg?: Uint8Array
  /** Default 17 and 3. */
  readonly cipherSuites?: readonly (3 | 17)[]
  /** 1..255, half-open sessions included; default 32. */
  readonly maxSessions?: number
  /** Default 15 s. */
  readonly halfOpenTimeoutMs?: number
  /** Default 60 s. §6.12.15. */
  readonly inactivityTimeoutMs?: number
  readonly deviceId?: Partial<DeviceIdentity>
  /** Manufacturer, product and so on, for the FRU inventory. */
  readonly inventory?: Partial<Inventory>
  readonly faults?: BmcFaults
  /** Valid boot flags that were set before this BMC began; they count until they are used up or set anew. */
  readonly bootFlags?: BootFlags
  /** Milliseconds that are left of the time of `bootFlags`. Default: they do not run out. */
  readonly bootFlagsForMs?: number
  readonly clock: Clock
  /** So many random bytes: `randomBytes` of node:crypto, but in tests. */
  readonly random: (length: number) => Uint8Array
  /** Told when the chassis throws, rejects, or does not answer in time. */
  readonly onChassisError?: (error: unknown) => void
}

/** Most users that Get User Access can count. §22.27. */
const MAX_USERS = 62

const unknown: Inventory = { manufacturer: 'unknown', product: 'unknown', partNumber: '', serialNumber: '' }
const unknownArea = encodeInventory(unknown)

/** Thousands of BMCs that say nothing of themselves share one area. */
function inventoryArea(inventory: Partial<Inventory> | undefined): Uint8Array {
  return inventory === undefined ? unknownArea : encodeInventory({ ...unknown, ...inventory })
}

/** The options checked and completed; RangeError names the one that cannot be. */
export function bmcSettings(options: BmcOptions) {
  const { maxSessions = 32, halfOpenTimeoutMs = 15_000, inactivityTimeoutMs = 60_000, kg } = options
  if (!Number.isInteger(maxSessions) || maxSessions < 1 || maxSessions > 255)
    throw new RangeError('maxSessions: 1..255')
  if (kg !== undefined && kg.length > MAX_PASSWORD_LENGTH) throw new RangeError('kg: at most 20 bytes')
  if (options.users.length > MAX_USERS) throw new RangeError(`users: at most ${MAX_USERS}`)
  const kgSet = kg?.some((byte) => byte !== 0) ?? false
  return {
    users: options.users.map(toUser),
    suites: toSuites(options.cipherSuites ?? [17, 3]),
    guid: options.guid === undefined ? options.random(16) : guidFromString(options.guid),
    kg: kgSet ? kg : undefined,
    kgSet,
    maxSessions,
    halfOpenTimeoutMs,
    inactivityTimeoutMs,
    device: { ...defaultDeviceIdentity, ...options.deviceId },
    inventory: inventoryArea(options.inventory),
  }
}

function toUser({ name, password, privilege = 'administrator', enabled = true }: BmcUser): User {
  const user = { name: Buffer.from(name), password: Buffer.from(password) }
  if (user.name.length > MAX_USERNAME_LENGTH) throw new RangeError('name: at most 16 bytes')
  if (user.password.length > MAX_PASSWORD_LENGTH) throw new RangeError('password: at most 20 bytes')
  return { ...user, privilegeLimit: PrivilegeLevel[privilege], enabled }
}

/** The best one first. */
function toSuites(ids: readonly (3 | 17)[]): CipherSuite[] {
  if (ids.length === 0) throw new RangeError('cipherSuites: at least one')
  return [...new Set(ids)].sort((a, b) => b - a).map((id) => cipherSuites[id])
}
