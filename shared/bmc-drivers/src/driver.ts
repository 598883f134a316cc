import type { PluginMetric } from '@powerbus/plugin-sdk'
import type { Call, Described, PowerConnection, PowerDriver } from '@powerbus/plugin-sdk/unshared'
import type { Target } from './target.ts'

/** What the BMC is. */
export interface BmcInfo {
  readonly Address: string
  readonly Mode: string
  readonly DeviceId: number
  readonly DeviceRevision: number
  /** `1.45`. */
  readonly Firmware: string
  /** `2.0`. */
  readonly IpmiVersion: string
  /** IANA enterprise number. */
  readonly ManufacturerId: number
  readonly ProductId: number
  /** Of the managed system; null where the BMC has none. */
  readonly Guid: string | null
  /** Of the session that it was read in; absent where the mode has none. */
  readonly CipherSuite?: 3 | 17
}

/** How the machine and its BMC are. */
export interface Health {
  readonly Power: 'on' | 'off'
  /** The BMC passed its own test, and the chassis shows no fault. */
  readonly Healthy: boolean
  /** `passed`, `not-implemented`, `corrupted`, `fatal`, `device-specific`, or `not-supported` where the BMC does not know the command. */
  readonly SelfTest: string
  /** Detail byte of the self test as the BMC gave it. */
  readonly SelfTestDetail: number
  /** Faults that the chassis shows now, such as `power-overload`, `cooling`. */
  readonly Faults: readonly string[]
  /** Why power went away last, such as `ac-failed`; empty where nothing is known. */
  readonly LastPowerEvents: readonly string[]
  readonly RestartCause: string | null
  /** `stay-off`, `previous`, `power-on`, `unknown`: what the machine does when AC power comes back. */
  readonly RestorePolicy: string
  readonly Identify: 'off' | 'timed' | 'on' | 'unknown'
}

/** A power connection (plugin-sdk says what its verbs promise) that may also do what belongs to a BMC. All of it may be repeated. */
export interface BmcConnection extends PowerConnection {
  /** Shows where the machine is for `seconds` (0..255; 0 turns it off). */
  identify?(seconds: number, call: Call): Promise<void>
  info?(call: Call): Promise<BmcInfo>
  health?(call: Call): Promise<Health>
}

export interface BmcDriver extends PowerDriver<BmcConnection> {
  describe(operation: Described | 'identify' | 'info' | 'health'): string | undefined
}

/** Speaks one protocol to all BMCs of this process; made once, when a target needs it first. */
export interface DriverFactory {
  /** Sends nothing. Throws PARAM_INVALID for a target that cannot be. */
  driver(target: Target): BmcDriver
  /** What it has done since it was made. */
  metrics?(): readonly PluginMetric[]
  /** Ends what is under way, and waits a moment for sessions to close. */
  close(): Promise<void>
}
