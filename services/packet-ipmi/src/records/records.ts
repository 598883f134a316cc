import type { ErrorCode } from '@powerbus/plugin-sdk'
import type { Project } from '../cloud/cloud.ts'
import type { DeviceSpec } from '../cloud/device.ts'

/** All moments are milliseconds since 1970, by the wall clock of whoever wrote them. */

export interface MachineName {
  readonly Uuid: string
  readonly Name: string
}

/** A moment of a creation that is told to people. */
export interface Progress {
  readonly At: string
  readonly Phase: string
  readonly Text: string
}

/**
 * `planned`: nothing was sent that could have made a device, or it certainly made none. `sending`: written before a create goes out; found later, it says that there may be a device
 * nobody knows the id of. `waiting`: the device is known, and not usable yet. `recording`: it is usable, and the machine is not told yet. `undoing`: it has failed, whatever becomes of the device; that is not written
 * down for deletion yet, or the machine is not told. `done`, `failed`, `cancelled`: over; `cancelled` where the machine was deleted before it had a device.
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

export function isOver({ phase }: Pick<Creation, 'phase'>): boolean {
  return over.has(phase)
}

/** One device to be made for one machine. */
export interface Creation {
  /** The machine's Uuid: also that of a machine which is made at the end. */
  readonly id: string
  /** `machine`: it is there, and waits for its device. `action`: it is made when there is a device. */
  readonly origin: 'machine' | 'action'
  /** Cloud.key: with another cloud it is not gone on with. */
  readonly cloud: string
  /** The machine's: what was asked for, and what it has been given when it is done. */
  readonly name: string
  readonly phase: CreationPhase
  readonly plannedAtMs: number
  /** Absent until the machine's params were read. */
  readonly spec?: DeviceSpec
  /** What was made under this id before the machine was deleted and made again. It has the same tag. */
  readonly formerDeviceId?: string
  /** How often a create was sent. */
  readonly sends: number
  readonly sentAtMs?: number
  /** Listings since the last create that showed no device with its tag. */
  readonly emptyLooks: number
  readonly deviceId?: string
  readonly deviceAtMs?: number
  /** When the device was "not found" for the first time in a row, and how often. */
  readonly goneSinceMs?: number
  readonly goneTimes?: number
  /** Why it failed. */
  readonly failure?: { readonly code: ErrorCode; readonly message: string }
  /** Its device has been written down for deletion. */
  readonly isUndone?: boolean
  /** Over, its machine is gone, and a device may still come of it. */
  readonly isRetired?: boolean
  readonly endedAtMs?: number
  readonly progress: readonly Progress[]
}

/** One device to be deleted, until the API itself says that it is gone. */
export interface Deletion {
  readonly deviceId: string
  readonly cloud: string
  readonly reason: string
  readonly machine?: MachineName
  readonly sinceMs: number
  /** Since when the operator is told of it as something to look after. */
  readonly handedOverAtMs?: number
  /** Answers in a row that said "not found". */
  readonly goneTimes?: number
}

/** A device that costs money, that nothing here is going to delete, and that an operator must look after. */
export interface Leftover {
  readonly deviceId: string
  readonly cloud: string
  readonly reason: string
  readonly machine?: MachineName
  readonly sinceMs: number
}

/** Where a machine's device was last seen: one that was imported, that its machine came with, or whose cloud has another address now. */
export interface KnownDevice {
  readonly deviceId: string
  readonly cloud: string
}

/** What speaks for a machine's device being gone. */
export interface Missing {
  readonly machine: MachineName
  readonly deviceId: string
  readonly cloud: string
  /** When the API said "not found", each time. */
  readonly seenAtMs: readonly number[]
}

/** A machine that was deleted because its device was gone. Should the device be there again, it is not deleted for that machine's sake. */
export interface Pruned {
  readonly machine: MachineName
  readonly deviceId: string
  readonly cloud: string
  readonly projectId?: string
  /** It is known to be deleted, and that has been told. */
  readonly isTold?: boolean
}

/** A boot setting that is put back after the device has booted. */
export interface BootOnce {
  readonly deviceId: string
  readonly cloud: string
  /** What always_pxe was before. */
  readonly alwaysPxe: boolean
  readonly sinceMs: number
  /** Ids of the device's events at that moment; absent where the cloud did not tell them: then no event shows a boot. */
  readonly events?: readonly string[]
  /** When a boot was seen to begin. */
  readonly bootAtMs?: number
  /** The device was seen in another state than "on" meanwhile. */
  readonly wasDown?: boolean
}

/** What an account was found to have, for a start while the cloud does not answer. */
export interface KnownCloud {
  readonly cloud: string
  readonly projects: readonly Project[]
  readonly complete: boolean
  readonly seenAtMs: number
}

/** The tag by which a device is known to be the one of a creation. */
export function tagOf(id: string): string {
  return `powerbus-machine=${id}`
}
