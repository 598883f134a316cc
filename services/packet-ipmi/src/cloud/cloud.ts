import type { Call, Clock, PluginMetric, Secret } from '@powerbus/plugin-sdk'
import type { Device, DeviceSpec } from './device.ts'

export interface CloudAccess {
  /** Base address of the API, without a trailing slash. */
  readonly url: string
  readonly apiKey: Secret
}

export interface Project {
  readonly id: string
  readonly name: string
}

/**
 * Items of a listing. Only a complete listing shows that an item is absent; and nothing is ever deleted because a
 * listing lacks it.
 */
export interface Listing<Item> {
  readonly items: readonly Item[]
  readonly complete: boolean
  /** Why the listing is incomplete. */
  readonly problem?: string
}

export interface DeviceQuery {
  readonly projectId: string
  /** Only devices with exactly this tag. */
  readonly tag?: string
}

/** `rescue` restarts the device into a system of the cloud, from the network. */
export type DevicePower = 'on' | 'off' | 'reboot' | 'rescue'

/** `already`: the device was in that state or changing to it. */
export type PowerAnswer = 'accepted' | 'already'

/** Absent settings stay as they are. */
export interface BootSettings {
  readonly ipxeScriptUrl?: string
  /** Load the iPXE script at every boot; false: only at the first one. */
  readonly alwaysPxe?: boolean
}

/** Opens an account. Sends nothing. Throws PARAM_INVALID for a key that no request can carry. */
export type OpenCloud = (access: CloudAccess, clock: Clock) => Cloud

/**
 * One account at one cloud. Its only state is its connections and the cloud's rate limit; the callers undo, wait for
 * states and take turns.
 *
 * Every method ends after `call.timeoutMs` or on abort. Every method throws a PowerbusError: AUTH_FAILED (the key is
 * invalid or lacks a right), OBJECT_UNKNOWN (the API itself knows no such project or device), TARGET_STATE (refused,
 * with the API's words), TARGET_BUSY (rate limit beyond the timeout), TARGET_UNREACHABLE, TARGET_TIMEOUT,
 * DEADLINE_EXCEEDED (aborted), and OUTCOME_UNKNOWN where documented.
 *
 * `gone` is always the API's own "not found" for this one device. A proxy's 404 or an empty answer is
 * TARGET_UNREACHABLE.
 */
export interface Cloud {
  /** Name of the driver for messages, such as `metal`. */
  readonly name: string
  /** Base address without credentials. Locks and records contain it. */
  readonly key: string

  /** Projects that the key may use. Retried after passing failures. */
  projects(call: Call): Promise<Listing<Project>>
  /** Devices of a project. Retried after passing failures. Throws if the first page fails. */
  list(query: DeviceQuery, call: Call): Promise<Listing<Device>>
  /** One device. Retried after passing failures. */
  get(id: string, call: Call): Promise<Device | 'gone'>
  /**
   * Sends the create of a device with the tag ONCE, and never retries it. Throws OUTCOME_UNKNOWN if the request may
   * have arrived and its answer was lost. TARGET_BUSY, TARGET_UNREACHABLE, TARGET_TIMEOUT, AUTH_FAILED, OBJECT_UNKNOWN
   * and TARGET_STATE prove that no device was made.
   */
  create(spec: DeviceSpec, tag: string, call: Call): Promise<Device>
  /** Starts the deletion; poll `get` for its end. Safe to repeat. */
  delete(id: string, call: Call): Promise<'accepted' | 'gone'>
  /**
   * `on` and `off` are safe to repeat. `reboot` and `rescue` are sent once: they throw OUTCOME_UNKNOWN if the request
   * may have arrived and its answer was lost, and TARGET_STATE on a device that is not on.
   */
  power(id: string, power: DevicePower, call: Call): Promise<PowerAnswer>
  /** Changes the boot settings and returns the device after it. Retried after passing failures. */
  setBoot(id: string, settings: BootSettings, call: Call): Promise<Device>
  /** The device's last events, newest first; may be empty. Absent if the cloud has no events. */
  events?(id: string, call: Call): Promise<readonly DeviceEvent[]>

  /** The request that would be sent, without secrets. */
  describe(operation: DevicePower | 'get' | 'delete' | 'create' | 'setBoot', id: string): string
  /** Counters since the account was opened. */
  metrics?(): readonly PluginMetric[]
  /** Closes the connections; requests under way fail. */
  close(): Promise<void>
}

export interface DeviceEvent {
  readonly id: string
  /** The cloud's own word, such as `instance.rebooted`. */
  readonly type: string
}
