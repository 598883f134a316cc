import type { Logger } from '../log.ts'

/** How long each of the last steps may take: the plugin's own stop, the log, the farewell, the open connections. */
export const STEP_MS = 5_000

/** A failure on the way out is told, and holds nothing up. */
export async function lastStep(name: string, log: Logger, run: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${STEP_MS} ms`)), STEP_MS)
  })
  try {
    await Promise.race([run(), expired])
  } catch (error) {
    log.warn(`${name} failed while stopping`, { error })
  } finally {
    clearTimeout(timer)
  }
}

/** A crash of a handler never ends the process (plugin contract §3), and neither does one in a timer that it left behind. */
export function keepAliveThroughCrashes(host: NodeJS.Process, log: Logger): void {
  host.on('uncaughtException', (error) => log.error('uncaught exception', { error }))
  host.on('unhandledRejection', (error) => log.error('unhandled rejection', { error }))
}
