import { type Bus, BusError, type BusErrorCode } from '@powerbus/bus'
import type { LogLine } from '@powerbus/drp'

/** For one line. */
const LINE_MS = 5_000
/** After nobody was there to take one, so long none is sent. */
const DEAF_MS = 2_000
/** A NATS server that keeps the service in an account of its own does not say that nobody is there. */
const NOBODY: readonly BusErrorCode[] = ['NO_RESPONDERS', 'TIMEOUT']

/**
 * Sends log lines to an endpoint on the bus, which shows them. Where none is there, or the bus is away, they are on stderr
 * alone, and that is no loss to tell of.
 */
export function busLog(plugin: string, bus: () => Bus | undefined): (lines: readonly LogLine[]) => Promise<void> {
  let deafUntilMs = Number.NEGATIVE_INFINITY
  return async ([line]) => {
    const connected = bus()
    if (connected?.state !== 'connected' || performance.now() < deafUntilMs) return
    try {
      await connected.request(['log', plugin], line, { timeoutMs: LINE_MS })
    } catch (error) {
      if (!(error instanceof BusError) || !NOBODY.includes(error.code)) throw error
      deafUntilMs = performance.now() + DEAF_MS
    }
  }
}
