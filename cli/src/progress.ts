import type { SingleBar } from 'cli-progress'

/** Shorter runs show no bar. */
const SHOW_AFTER_MS = 1000

export interface Progress {
  increment(): void
  stop(): void
}

/**
 * Shows a bar on standard error for work longer than a second. Shows none where standard error is no terminal, or where
 * `linesShown` says that results appear on the same terminal.
 */
export function startProgress(total: number, linesShown: boolean): Progress | undefined {
  if (!process.stderr.isTTY || linesShown || total < 2) return undefined
  let done = 0
  let bar: SingleBar | undefined
  let stopped = false
  const show = async () => {
    const { SingleBar } = await import('cli-progress')
    if (stopped) return
    const format = '{bar} {value}/{total} · {duration_formatted}'
    bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true, hideCursor: true })
    bar.start(total, done)
  }
  const timer = setTimeout(() => void show(), SHOW_AFTER_MS)
  timer.unref()
  return {
    increment() {
      done++
      bar?.update(done)
    },
    stop() {
      stopped = true
      clearTimeout(timer)
      bar?.stop()
    },
  }
}
