import type { Clock } from '@powerbus/turns'
import type { Commit, Lease } from './coordinator.ts'
import type { PowerConnection, PowerDriver } from './driver.ts'

export interface TurnOptions<Connection extends PowerConnection> {
  readonly driver: PowerDriver<Connection>
  readonly clock: Clock
  /** In [0, 1), for jitter. */
  readonly random: () => number
  readonly lease: Lease
  /** Called before the first change is sent. */
  readonly commit: Commit
  readonly signal: AbortSignal
  /** On the clock: when everything must have ended. */
  readonly deadlineMs: number
  /** power/min-gap in milliseconds, where it is set. */
  readonly minGapMs: number | undefined
  /** Most milliseconds for one call of the driver; 10 s if not set. Infinity: the driver alone keeps the deadline. */
  readonly callMs?: number
}
