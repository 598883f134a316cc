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
  const lease: Lease = {
    turn: 1,
    beforeCommand: async () => undefined,
    recordChange: async () => undefined,
    lastChanger: async () => undefined,
    assertHeld: () => undefined,
    lost: signal,
  }
  const deadlineMs = systemClock.nowMs() + timeoutMs
  const commit = async () => undefined
  return takeTurn(
    {
      driver,
      clock: systemClock,
      random: Math.random,
      lease,
      commit,
      signal,
      deadlineMs,
      minGapMs: undefined,
      callMs: Number.POSITIVE_INFINITY,
    },
    work,
  )
}
