import type { Clock } from '@powerbus/turns'

/** By the wall clock, what is under way goes on while no process runs. */
export type WallClock = Pick<Clock, 'dateMs' | 'sleep'>

/** How long each change takes, in milliseconds. */
export interface VmTimes {
  readonly createMs: number
  readonly startMs: number
  /** From a power off to off. */
  readonly stopMs: number
  /** From the power button to off. Infinity: the guest does not listen. */
  readonly shutdownMs: number
  readonly snapshotMs: number
  readonly cloneMs: number
  readonly destroyMs: number
}

export const defaultVmTimes: VmTimes = {
  createMs: 100,
  startMs: 800,
  stopMs: 300,
  shutdownMs: 2000,
  snapshotMs: 200,
  cloneMs: 300,
  destroyMs: 100,
}
