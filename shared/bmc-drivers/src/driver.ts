import type { PluginMetric } from '@powerbus/plugin-sdk'
import type { Call, Described, PowerConnection, PowerDriver } from '@powerbus/plugin-sdk/unshared'
import type { BmcInfo, Fru, Health, LogEntry, Resource, ResourceKind, Sensor } from './facts.ts'
import type { MediaRequest, MediaResult, MediaSlot } from './media.ts'
import type { Target } from './target.ts'

/** A power connection (plugin-sdk says what its verbs promise) that may also do what belongs to a BMC. All of it may be repeated. */
export interface BmcConnection extends PowerConnection {
  /** Shows where the machine is for `seconds` (0 turns it off): where BmcDriver.identifyEnds is false, until it is turned off. */
  identify?(seconds: number, call: Call): Promise<void>
  info?(call: Call): Promise<BmcInfo>
  health?(call: Call): Promise<Health>
  /** What the BMC's own test found, in the words of Health.SelfTest: a part of health that costs one command. */
  selfTest?(call: Call): Promise<string>
  /** Temperatures, fans, voltages, power: what the BMC measures now. */
  sensors?(call: Call): Promise<readonly Sensor[]>
  /** The entries of the system event log, oldest first. */
  sel?(call: Call): Promise<readonly LogEntry[]>
  clearSel?(call: Call): Promise<void>
  /** What boards and parts say of themselves. */
  fru?(call: Call): Promise<readonly Fru[]>
  /** The resource of this kind as the BMC gives it, or the members of its collection. */
  resource?(kind: ResourceKind, call: Call): Promise<Resource | readonly Resource[]>
  mediaStatus?(call: Call): Promise<readonly MediaSlot[]>
  /** Puts the image into a slot for a CD or DVD, in place of what is there; then boots from it next time, where asked. */
  mountMedia?(request: MediaRequest, call: Call): Promise<MediaResult>
  /** Takes all images out. Gives the slots that had one. */
  unmountMedia?(call: Call): Promise<readonly MediaSlot[]>
  /** Firmware of all parts, as the BMC gives it. */
  firmware?(call: Call): Promise<readonly Resource[]>
  /** Firmware settings back to their defaults, at the next start in most cases. */
  resetBios?(call: Call): Promise<void>
  /** The whole tree of resources by path, without secrets, serial numbers and hardware addresses. */
  mockup?(call: Call): Promise<Readonly<Record<string, Resource>>>
  /** How the machine's console can be reached, as the BMC gives it. */
  consoleFacts?(call: Call): Promise<Resource>
}

/** What a BMC may be able to do beside switching. */
export type BmcOperation = Exclude<keyof BmcConnection, keyof PowerConnection | 'resource' | 'selfTest'> | ResourceKind

export interface BmcDriver extends PowerDriver<BmcConnection> {
  /** What `status` of a new connection says, at less cost: for sweeps of thousands. Throws as `status` does. */
  readPower?(call: Call): Promise<'on' | 'off'>
  /** False where an identify light stays on until it is turned off: whoever asked for seconds must turn it off. True where absent. */
  readonly identifyEnds?: boolean
  describe(operation: Described | BmcOperation): string | undefined
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
