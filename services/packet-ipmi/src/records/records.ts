import type { ErrorCode, RemovedMachine } from '@powerbus/plugin-sdk'
import type { Project } from '../cloud/cloud.ts'
import type { Device, DeviceSpec } from '../cloud/device.ts'

/** All times are milliseconds since 1970, by the wall clock of the process that wrote them. */

export interface MachineName {
  readonly Uuid: string
  readonly Name: string
}

/** An entry of a creation's progress, shown to people. */
export interface Progress {
  readonly At: string
  readonly Phase: string
  readonly Text: string
}

/**
 * `planned`: no create was sent, or each one certainly made no device. `sending`: recorded before a create is sent, so
 * there may be a device of unknown id. `waiting`: the device is known and not usable yet. `recording`: the device is
 * usable, and its machine has not got its fields yet. `undoing`: the creation has failed, and the deletion of its
 * device or the machine's packet/problem is not recorded yet. `done`, `failed`, `cancelled`: over. `cancelled`: the
 * machine was deleted before it had a device.
 */
export type CreationPhase =
  | 'planned'
  | 'sending'
  | 'waiting'
  | 'recording'
  | 'undoing'
  | 'done'
  | 'failed'
  | 'cancelled'

const over: ReadonlySet<CreationPhase> = new Set(['done', 'failed', 'cancelled'])

export function isOver({ phase }: Creation): boolean {
  return over.has(phase)
}

/** One device to be made for one machine. */
export interface Creation {
  /** Uuid of the machine, also of one that is made at the end. */
  readonly id: string
  /** `machine`: the machine waits for its device. `action`: createVm makes the machine once the device is usable. */
  readonly origin: 'machine' | 'action'
  /** Cloud.key. Other clouds do not go on with the creation. */
  readonly cloud: string
  /** Name of the machine: the wanted one, and at the end the one it got. */
  readonly name: string
  readonly phase: CreationPhase
  readonly plannedAtMs: number
  /** Absent until the machine's params have been read. */
  readonly spec?: DeviceSpec
  /** Device of an earlier machine with this Uuid. It has the same tag. */
  readonly formerDeviceId?: string
  /** Creates sent. */
  readonly sends: number
  readonly sentAtMs?: number
  /** Listings since the last create without a device with its tag. */
  readonly emptyLooks: number
  readonly deviceId?: string
  readonly deviceAtMs?: number
  /** First of the latest "not found" answers in a row about the device. */
  readonly goneSinceMs?: number
  /** Number of these answers. */
  readonly goneTimes?: number
  /** Reads of the device in a row that failed. */
  readonly unreadTimes?: number
  /** First of the refusals in a row to show the device to a key that its project is shown to. */
  readonly refusedSinceMs?: number
  /** Number of these refusals. */
  readonly refusedTimes?: number
  /** Cause of a failed creation. */
  readonly failure?: { readonly code: ErrorCode; readonly message: string }
  /** The deletion of its device is recorded. */
  readonly isUndone?: boolean
  /** The creation is over and its machine gone, but a lost create may still make a device. */
  readonly isRetired?: boolean
  readonly endedAtMs?: number
  readonly progress: readonly Progress[]
}

/** Cloud where a machine's device was made, imported or last seen. */
export interface KnownDevice {
  readonly deviceId: string
  readonly cloud: string
}

/** A device that costs money, that the plugin does not delete, and that an operator must check. */
export interface Leftover extends KnownDevice {
  readonly reason: string
  readonly machine?: MachineName
  readonly sinceMs: number
  /** The machine by the event of its deletion, which the endpoint has not confirmed yet. */
  readonly unconfirmed?: RemovedMachine
  /** The deleted machine had power/protected: no later event about it deletes the device. */
  readonly isProtected?: boolean
}

/** A device to be deleted, until the API itself says that it is gone. */
export interface Deletion extends Omit<Leftover, 'unconfirmed' | 'isProtected'> {
  /** Its machine was deleted. Only a device that was made for that machine is deleted then. */
  readonly isReleased?: boolean
  /** When the deletion was reported to the operator. */
  readonly handedOverAtMs?: number
  /** "Not found" answers in a row. */
  readonly goneTimes?: number
}

/** Evidence that a machine's device is gone. */
export interface Missing extends KnownDevice {
  readonly machine: MachineName
  /** Times of the API's "not found" answers. */
  readonly seenAtMs: readonly number[]
}

/** A machine that was deleted because its device was gone. The device is not deleted if it comes back. */
export interface Pruned extends KnownDevice {
  readonly machine: MachineName
  readonly projectId?: string
  /** The deletion of the machine is confirmed and reported. */
  readonly isTold?: boolean
}

/** A boot setting that is restored after the next boot of the device. */
export interface BootOnce extends KnownDevice {
  /** Former value of always_pxe. */
  readonly alwaysPxe: boolean
  readonly sinceMs: number
  /** Ids of the device's events at `sinceMs`. Absent if the cloud gave none: then no event proves a boot. */
  readonly events?: readonly string[]
  /** When a boot was seen to begin. */
  readonly bootAtMs?: number
  /** The device has been seen in another state than "on" since `sinceMs`. */
  readonly wasDown?: boolean
}

/** Last known projects of an account, used while the cloud does not answer. */
export interface KnownCloud {
  readonly cloud: string
  readonly projects: readonly Project[]
  readonly complete: boolean
  readonly seenAtMs: number
}

/** Prefix of the tag that links a device to its creation. */
const TAG_PREFIX = 'powerbus-machine='

export function tagOf(id: string): string {
  return `${TAG_PREFIX}${id}`
}

/** Ids of creations in the device's tags. */
export function creationIdsOf({ tags }: Pick<Device, 'tags'>): readonly string[] {
  return tags.filter((tag) => tag.startsWith(TAG_PREFIX)).map((tag) => tag.slice(TAG_PREFIX.length))
}
