import { PRESENT_CHANNEL } from '../commands/get-channel-authentication-capabilities.ts'
import type { CipherSuite } from '../crypto/cipher-suite.ts'
import type { ActiveStage, ManagedSession } from '../session/managed-session.ts'
import type { SessionTable } from '../session/session-table.ts'
import type { ChannelAccess } from './channel-access.ts'
import type { BmcCounters } from './counters.ts'
import type { DeviceIdentity } from './device-identity.ts'
import type { BmcFaults } from './faults.ts'
import type { LanPlace, LanSettings } from './lan-settings.ts'
import type { ManagedSystem } from './managed-system.ts'
import type { UserTable } from './user-table.ts'

/** State of the BMC that command handlers read and change. */
export interface CommandContext {
  readonly system: ManagedSystem
  readonly sessions: SessionTable
  readonly users: UserTable
  readonly channelAccess: ChannelAccess
  readonly suites: readonly CipherSuite[]
  readonly guid: Uint8Array
  readonly kgSet: boolean
  readonly device: DeviceIdentity
  /** The FRU inventory area. */
  readonly inventory: Uint8Array
  readonly faults: BmcFaults
  readonly counters: BmcCounters
  readonly nowMs: () => number
  readonly lan: { settings: LanSettings; readonly place: () => LanPlace | undefined }
  /** Restarts the BMC. */
  readonly restart: () => void
  /** Absent outside a session. */
  readonly session?: { readonly slot: ManagedSession; readonly stage: ActiveStage }
}

/** Number of the LAN channel. */
export const LAN_CHANNEL = 1

/** Whether a request's channel is the LAN channel, by its number or as the one that the request came over. */
export function isLanChannel(channel: number): boolean {
  return channel === PRESENT_CHANNEL || channel === LAN_CHANNEL
}
