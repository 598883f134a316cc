import { systemClock } from '@powerbus/turns'
import type { Lease } from './coordinator.ts'
import type { Call, PowerConnection, PowerDriver } from './driver.ts'
import { type Turn, takeTurn } from './turn.ts'

/**
 * Runs `work` as a turn at a BMC that is kept from nobody: no lock, no ledger, no pace, and no limit but the deadline.
 * For a command that an operator runs by hand. Throws what `work` throws.
 */
export function takeUnsharedTurn<Connection extends PowerConnection, T>(
  driver: PowerDriver<Connection>,
  { signal, timeoutMs }: Call,
  work: (turn: Turn<Connection>) => Promise<T>,
): Promise<T> {
  const lease = new UnsharedLease(signal)
  const deadlineMs = systemClock.nowMs() + timeoutMs
  return takeTurn(
    {
      driver,
      clock: systemClock,
      random: Math.random,
      lease,
      commit: nothing,
      signal,
      deadlineMs,
      minGapMs: undefined,
      callMs: Number.POSITIVE_INFINITY,
    },
    work,
  )
}

const done = Promise.resolve(undefined)
const nothing = () => done

/** Held until the caller gives up. One promise serves all: a sweep has thousands of commands. */
class UnsharedLease implements Lease {
  readonly turn = 1
  readonly lost: AbortSignal

  constructor(lost: AbortSignal) {
    this.lost = lost
  }

  beforeCommand(): Promise<undefined> {
    return done
  }

  recordChange(): Promise<undefined> {
    return done
  }

  lastChanger(): Promise<undefined> {
    return done
  }

  assertHeld(): void {
    // Nobody takes it away.
  }
}
