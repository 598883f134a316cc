import type { SingleBar } from 'cli-progress'

/** A run that ends within this time shows no bar, in milliseconds. */
const SHOW_AFTER_MS = 1000

export interface Progress {
  /** One more of the total is done. */
  increment(): void
  stop(): void
}

const silent: Progress = { increment: () => undefined, stop: () => undefined }

/** A bar on standard error for work that takes more than a second; none where that is no terminal. */
export function startProgress(total: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY && total > 1 ? startBar(total, stream) : silent
}

function startBar(total: number, stream: NodeJS.WriteStream): Progress {
  let done = 0
  let bar: SingleBar | undefined
  let stopped = false
  const timer = setTimeout(async () => {
    const { SingleBar } = await import('cli-progress')
    if (stopped) return
    bar = new SingleBar({ format: '{bar} {value}/{total} · {duration_formatted}', stream, clearOnComplete: true })
    bar.start(total, done)
  }, SHOW_AFTER_MS)
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
