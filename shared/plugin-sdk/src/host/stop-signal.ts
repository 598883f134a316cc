import { constants } from 'node:os'
import type { Logger } from '../log.ts'
import { exitForCertain } from './certain-end.ts'

/** The first SIGTERM or SIGINT asks for a stop, and so may others; the second signal ends the process at once, after `onSecond`. */
export function stopSignal(
  host: NodeJS.Process,
  log: Logger,
  onSecond: () => void,
): { asked: Promise<string>; because: (reason: string) => void } {
  let because: (reason: string) => void = () => undefined
  const asked = new Promise<string>((resolve) => {
    because = resolve
  })
  let signals = 0
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    host.on(signal, () => {
      signals++
      if (signals === 1) return because(signal)
      onSecond()
      return exitForCertain(host, 128 + constants.signals[signal], log)
    })
  }
  return { asked, because }
}
