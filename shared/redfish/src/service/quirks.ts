import type { FaultRule } from './fault-rule.ts'

/** Where the types of a reset are said: beside the action, by a resource of its own, or nowhere. */
export type ResetTypesAt = 'annotation' | 'actionInfo' | 'nowhere'

/**
 * Behaviour of BMCs that differs from the standard, or that hardware has and a service by itself has not. A test may
 * change a value at any time. A personality sets those that its vendor's BMCs are known for.
 */
export interface Quirks {
  /** The first rule that takes a request decides what happens to it. */
  rules: FaultRule[]
  /** Sessions at one time. */
  maxSessions: number
  /** Sessions end this long after they began, whatever SessionTimeout says. */
  sessionLifetimeMs?: number
  /** No SessionService: POST of a session answers 404. */
  noSessions: boolean
  /** Basic authentication is refused. */
  noBasic: boolean
  /** Login by plain HTTP, for tests without TLS. */
  plainLogin: boolean
  /** The answer to a login has no header Location, or one with scheme and host. */
  loginLocation: 'path' | 'absolute' | 'absent'
  /** The answer to a successful PATCH. */
  patchStatus: 200 | 204
  /** ETags in headers: as they should be, weak, in two pairs of quotes, none, empty. */
  etags: 'strong' | 'weak' | 'quotedTwice' | 'none' | 'empty'
  /** PATCH without If-Match: taken, or refused with 428 or 412. */
  ifMatch: 'optional' | 428 | 412
  /** `If-Match: *` is refused with 412. */
  noIfMatchAny: boolean
  /** Paths that end in a slash: taken, redirected (308), needed, or refused (404). */
  trailingSlash: 'either' | 'redirect' | 'needed' | 'refused'
  /** Members on one page of a collection. */
  pageSize: number
  /** PowerState shows the state before a reset for this long. */
  stalePowerMs: number
  /** Longest time for which PowerState shows PoweringOn or PoweringOff; 0: it shows neither. */
  transitionMs: number
  /** PowerState in place of the true one; `absent` leaves the property out. */
  powerState?: 'Paused' | 'Reset' | 'Unknown' | 'null' | 'absent'
  resetTypesAt: ResetTypesAt
  /** Resets that are accepted and then not carried out. */
  droppedResets: number
  /** A reset whose end is reached already: answer 204, or 409. */
  redundantReset: 204 | 409
  /** On is refused with 409 for this long after the machine went off. */
  conflictAfterOffMs: number
  /** Changes of the boot are refused for this long after the machine went on. */
  postMs: number
  /** Boot overrides are accepted and then not stored. */
  dropsOverride: boolean
  /** `Continuous` is refused. */
  noContinuous: boolean
  /** `Once` reads back as `Continuous`. */
  onceReadsContinuous: boolean
  /** The properties of Boot without which a PATCH of Boot is refused. */
  bootNeeds: readonly string[]
  /** A boot override is taken by the system, by its settings resource, or by both. */
  overrideAt: 'system' | 'settings' | 'both'
  /** Systems besides the host answer 503 while the host is off. */
  baseboardNeedsHost: boolean
  /** Actions and paths of BIOS settings are refused, and the boot order reads as it was when this began. */
  lockdown: boolean
  /** POST of these actions answers 202 with a task. */
  taskActions: readonly string[]
  /** Time that a task takes. */
  taskMs: number
  /** Tasks end with TaskState Exception. */
  failTasks: boolean
  /** The answer with 202 has no Location. */
  noTaskLocation: boolean
  /** InsertMedia answers 503 for this long after an eject. */
  mediaBusyMs: number
  /** InsertMedia wants these parameters too. */
  mediaNeeds: readonly string[]
  /** Each drive's power supplies tell the power; the system's own PowerState is always On. */
  powerBySupplies: boolean
  /** Time for which the BMC answers nothing after Manager.Reset. */
  managerResetMs: number
  /** Time for which the BMC answers nothing after its standby power was cut. */
  standbyCutMs: number
  /** Logins from one address are delayed by this after five failures. */
  loginDelayMs: number
}

export const defaultQuirks: Quirks = {
  rules: [],
  maxSessions: 8,
  noSessions: false,
  noBasic: false,
  plainLogin: false,
  loginLocation: 'path',
  patchStatus: 200,
  etags: 'strong',
  ifMatch: 'optional',
  noIfMatchAny: false,
  trailingSlash: 'either',
  pageSize: 1000,
  stalePowerMs: 0,
  transitionMs: 30_000,
  resetTypesAt: 'annotation',
  droppedResets: 0,
  redundantReset: 204,
  conflictAfterOffMs: 0,
  postMs: 0,
  dropsOverride: false,
  noContinuous: false,
  onceReadsContinuous: false,
  bootNeeds: [],
  overrideAt: 'system',
  baseboardNeedsHost: false,
  lockdown: false,
  taskActions: [],
  taskMs: 200,
  failTasks: false,
  noTaskLocation: false,
  mediaBusyMs: 0,
  mediaNeeds: [],
  powerBySupplies: false,
  managerResetMs: 1000,
  standbyCutMs: 1000,
  loginDelayMs: 1000,
}
