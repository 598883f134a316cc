import { setTimeout as delay } from 'node:timers/promises'

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

/** The wall clock: what is under way goes on while no process runs. */
export interface WallClock {
  /** Milliseconds since 1970. */
  nowMs(): number
  /** Rejects when the signal is aborted. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>
}

export const wallClock: WallClock = {
  nowMs: () => Date.now(),
  sleep: (delayMs, signal) => delay(delayMs, undefined, { signal }),
}
