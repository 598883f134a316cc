import { within } from '@powerbus/turns'
import type { Logger } from '../log.ts'

/** How long each of the last steps may take: the plugin's own stop, the log, the farewell, the open connections. */
export const STEP_MS = 5_000
/** Enough for all last steps of a process, those of the log too. */
export const LAST_STEPS_MS = 12 * STEP_MS

/** A failure on the way out is told, and holds nothing up. */
export async function lastStep(name: string, log: Logger, run: () => Promise<unknown>): Promise<void> {
  try {
    await within({ timeoutMs: STEP_MS }, run)
  } catch (error) {
    log.warn(`${name} failed while stopping`, { error })
  }
}

/** A crash of a handler never ends the process (plugin contract §3), and neither does one in a timer that it left behind. */
export function keepAliveThroughCrashes(host: NodeJS.Process, log: Logger): void {
  host.on('uncaughtException', (error) => log.error('uncaught exception', { error }))
  host.on('unhandledRejection', (error) => log.error('unhandled rejection', { error }))
}
