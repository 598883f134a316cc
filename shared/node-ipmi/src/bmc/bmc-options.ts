import type { BootFlags } from '../commands/boot-option-parameters.ts'
import { type CipherSuite, cipherSuites } from '../crypto/cipher-suite.ts'
import { MAX_PASSWORD_LENGTH } from '../crypto/rakp-exchange.ts'
import { MAX_USERNAME_LENGTH } from '../handshake/rakp-1.ts'
import { guidFromString } from '../spec/guid.ts'
import { PrivilegeLevel, type PrivilegeName } from '../spec/privilege-level.ts'
import type { Clock } from '../transport/clock.ts'
import type { Chassis } from './chassis.ts'
import { type DeviceIdentity, defaultDeviceIdentity } from './device-identity.ts'
import type { BmcFaults } from './faults.ts'
import { encodeInventory, type Inventory } from './fru-inventory.ts'
import { checkLanSettings, type LanSettings } from './lan-settings.ts'
import { type ConfiguredUser, UserTable } from './user-table.ts'

export interface BmcUser {
  /** 0..16 bytes of UTF-8. */
  readonly name: string
  /** 0..20 bytes of UTF-8. */
  readonly password: string
  /** Highest privilege level of the user; default administrator. */
  readonly privilege?: PrivilegeName
  /** Default true. */
  readonly enabled?: boolean
}

export interface BmcOptions {
  readonly chassis: Chassis
  readonly users: readonly BmcUser[]
  /** GUID of the system as text; default random. */
  readonly guid?: string
  /** K_g, 0..20 bytes. If absent, empty or all zero, the user's password takes its place. §13.31. */
  readonly kg?: Uint8Array
  /** Default: 17 and 3. */
  readonly cipherSuites?: readonly (3 | 17)[]
  /** 1..255, half-open sessions included; default 32. */
  readonly maxSessions?: number
  /** Default 15,000 ms. */
  readonly halfOpenTimeoutMs?: number
  /** Default 60,000 ms. §6.12.15. */
  readonly inactivityTimeoutMs?: number
  /** Milliseconds for which the BMC answers nothing after an MC reset; default 0. §20.2, §20.3. */
  readonly restartMs?: number
  readonly deviceId?: Partial<DeviceIdentity>
  /** What Get LAN Configuration Parameters answers. */
  readonly lan?: LanSettings
  /** Texts of the FRU inventory; default `unknown` or empty. */
  readonly inventory?: Partial<Inventory>
  readonly faults?: BmcFaults
  /**
   * Valid boot flags that an earlier instance of this BMC had; valid until a boot uses them or a console sets new ones.
   */
  readonly bootFlags?: BootFlags
  /** Milliseconds until `bootFlags` expire; default: they do not expire. */
  readonly bootFlagsForMs?: number
  readonly clock: Clock
  /** Returns `length` random bytes: `randomBytes` of node:crypto in production, seeded bytes in tests. */
  readonly random: (length: number) => Uint8Array
  /** Called when the chassis throws, rejects or does not answer within CHASSIS_TIMEOUT_MS. */
  readonly onChassisError?: (error: unknown) => void
}

/** Users beside the null user: Get User Access counts in 6 bits. §22.27. */
const MAX_USERS = 62

const unknown: Inventory = { manufacturer: 'unknown', product: 'unknown', partNumber: '', serialNumber: '' }
const unknownArea = encodeInventory(unknown)

/** BMCs without `inventory` share one area, which saves memory when a process has thousands of them. */
function inventoryArea(inventory: Partial<Inventory> | undefined): Uint8Array {
  return inventory === undefined ? unknownArea : encodeInventory({ ...unknown, ...inventory })
}

/** Checks the options and fills in defaults. Throws RangeError that names the option out of range. */
export function bmcSettings(options: BmcOptions) {
  const { maxSessions = 32, halfOpenTimeoutMs = 15_000, inactivityTimeoutMs = 60_000, kg } = options
  if (!Number.isInteger(maxSessions) || maxSessions < 1 || maxSessions > 255)
    throw new RangeError('maxSessions must be an integer from 1 to 255')
  if (kg !== undefined && kg.length > MAX_PASSWORD_LENGTH) throw new RangeError('kg must have at most 20 bytes')
  if (options.users.length > MAX_USERS) throw new RangeError(`users must have at most ${MAX_USERS} entries`)
  checkLanSettings(options.lan ?? {})
  const kgSet = kg?.some((byte) => byte !== 0) ?? false
  return {
    users: new UserTable(options.users.map(toUser)),
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

function toUser({ name, password, privilege = 'administrator', enabled = true }: BmcUser): ConfiguredUser {
  const user = { name: Buffer.from(name), password: Buffer.from(password) }
  if (user.name.length > MAX_USERNAME_LENGTH) throw new RangeError('name of a user must have at most 16 bytes of UTF-8')
  if (user.password.length > MAX_PASSWORD_LENGTH)
    throw new RangeError('password of a user must have at most 20 bytes of UTF-8')
  return { ...user, privilegeLimit: PrivilegeLevel[privilege], enabled }
}

/** Best suite first: when a console leaves the choice open, the BMC takes the first. */
function toSuites(ids: readonly (3 | 17)[]): CipherSuite[] {
  if (ids.length === 0) throw new RangeError('cipherSuites must name at least one suite')
  return [...new Set(ids)].sort((a, b) => b - a).map((id) => cipherSuites[id])
}
