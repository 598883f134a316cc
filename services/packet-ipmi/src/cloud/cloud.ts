import type { Call, PluginMetric, Secret } from '@powerbus/plugin-sdk'
import type { Device, DeviceSpec } from './device.ts'

export interface CloudAccess {
  /** Base address of the API, without a slash at its end. */
  readonly url: string
  readonly apiKey: Secret
}

export interface Project {
  readonly id: string
  readonly name: string
}

/**
 * What a listing found. Only where `complete` is true may anybody conclude that what is not in it was not there; and even then nothing is
 * deleted because of it.
 */
export interface Listing<Item> {
  readonly items: readonly Item[]
  readonly complete: boolean
  /** Why it is not complete, in words. */
  readonly problem?: string
}

export interface DeviceQuery {
  readonly projectId: string
  /** Only devices with exactly this tag. */
  readonly tag?: string
}

/** `reboot` and `rescue` restart the device; `rescue` into a system of the cloud's own, from the network. */
export type DevicePower = 'on' | 'off' | 'reboot' | 'rescue'

/** `already`: the device was in that state, or on its way to it. */
export type PowerAnswer = 'accepted' | 'already'

/** What is absent stays as it is. */
export interface BootSettings {
  readonly ipxeScriptUrl?: string
  /** Whether the device loads the iPXE script at every boot, and not just at its first one. */
  readonly alwaysPxe?: boolean
}

/**
 * One account at one cloud. It does what it is asked to, once, and keeps nothing in mind but its connections and the cloud's rate limit: creating,
 * undoing, waiting for states and taking turns are done by those who call it.
 *
 * Every method gives up at `call.timeoutMs` or when the signal is aborted. Every method throws a PowerbusError: AUTH_FAILED (the key is not good, or not
 * good for this), OBJECT_UNKNOWN (no such project or device, said by the API itself), TARGET_STATE (refused, in the API's own words), TARGET_BUSY (the rate limit, for
 * longer than there is time), TARGET_UNREACHABLE, TARGET_TIMEOUT, DEADLINE_EXCEEDED (the signal was aborted), and where it is said, OUTCOME_UNKNOWN.
 *
 * "Gone" is never concluded: it is the API's own "not found" for this one device. A proxy's 404 or an empty answer is TARGET_UNREACHABLE.
 */
export interface Cloud {
  /** Name of the driver, for messages: `metal`. */
  readonly name: string
  /** Where it is: the base address, without credentials. Locks and records are kept by it. */
  readonly key: string

  /** Projects that the key may use. Repeated where that helps. */
  projects(call: Call): Promise<Listing<Project>>
  /** Devices of a project. Repeated where that helps. Throws where not even the first page came. */
  list(query: DeviceQuery, call: Call): Promise<Listing<Device>>
  /** One device, or `gone`. Repeated where that helps. */
  get(id: string, call: Call): Promise<Device | 'gone'>
  /**
   * Asks for a new device that carries the tag, ONCE: never repeated, whatever becomes of the answer. OUTCOME_UNKNOWN where it may have
   * arrived and no answer came; TARGET_BUSY, TARGET_UNREACHABLE, TARGET_TIMEOUT, AUTH_FAILED, OBJECT_UNKNOWN and TARGET_STATE mean that there is no device.
   */
  create(spec: DeviceSpec, tag: string, call: Call): Promise<Device>
  /** Asks for the device's end, which takes a while: `get` tells it. Harmless on one that is being deleted or gone. */
  delete(id: string, call: Call): Promise<'accepted' | 'gone'>
  /**
   * `on` and `off` are harmless in that state. `reboot` and `rescue` are sent once: OUTCOME_UNKNOWN where one may have arrived and no answer came; TARGET_STATE on a device
   * that is not on.
   */
  power(id: string, power: DevicePower, call: Call): Promise<PowerAnswer>
  /** Changes what the device boots from, and gives the device as it is then. May be repeated. */
  setBoot(id: string, settings: BootSettings, call: Call): Promise<Device>
  /** Names of the last things that happened to the device, the newest first. Absent where the cloud keeps no such list; empty where it does not tell. */
  events?(id: string, call: Call): Promise<readonly DeviceEvent[]>

  /** What would be sent, in words, without secrets. */
  describe(operation: DevicePower | 'get' | 'delete' | 'create' | 'setBoot', id: string): string
  /** What it has done since it was made. */
  metrics?(): readonly PluginMetric[]
  /** Lets go of its connections; requests under way fail. */
  close(): Promise<void>
}

export interface DeviceEvent {
  readonly id: string
  /** The cloud's own word: `instance.rebooted`. */
  readonly type: string
}
