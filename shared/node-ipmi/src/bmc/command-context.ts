import type { CipherSuite } from '../crypto/cipher-suite.ts'
import type { ActiveStage, ManagedSession, User } from '../session/managed-session.ts'
import type { SessionTable } from '../session/session-table.ts'
import type { BmcCounters } from './counters.ts'
import type { DeviceIdentity } from './device-identity.ts'
import type { BmcFaults } from './faults.ts'
import type { LanPlace, LanSettings } from './lan-settings.ts'
import type { ManagedSystem } from './managed-system.ts'

/** State of the BMC that command handlers read and change. */
export interface CommandContext {
  readonly system: ManagedSystem
  readonly sessions: SessionTable
  readonly users: readonly User[]
  readonly suites: readonly CipherSuite[]
  readonly guid: Uint8Array
  readonly kgSet: boolean
  readonly device: DeviceIdentity
  /** The FRU inventory area. */
  readonly inventory: Uint8Array
  readonly faults: BmcFaults
  readonly counters: BmcCounters
  readonly nowMs: () => number
  readonly lan: { readonly settings: LanSettings; readonly place: () => LanPlace | undefined }
  /** Restarts the BMC. */
  readonly restart: () => void
  /** Absent outside a session. */
  readonly session?: { readonly slot: ManagedSession; readonly stage: ActiveStage }
}

/** Number of the LAN channel. */
export const LAN_CHANNEL = 1
