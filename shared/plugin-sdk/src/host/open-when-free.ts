import { pause } from '@powerbus/turns'

const LOCKED_MS = 70_000
const PAUSE_MS = 250

/**
 * What `open` gives. While an earlier run of this plugin that is still ending has the folder, it is tried again for 70 s, and
 * `onWait` is called once. Throws what `open` throws; also once the signal is aborted.
 */
export async function openWhenFree<T>(open: () => Promise<T>, signal: AbortSignal, onWait?: () => void): Promise<T> {
  const endMs = performance.now() + LOCKED_MS
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await open()
    } catch (error) {
      const isLocked = error instanceof Error && 'code' in error && error.code === 'STORE_LOCKED'
      if (!isLocked || performance.now() > endMs || signal.aborted) throw error
    }
    if (isFirst) onWait?.()
    await pause(PAUSE_MS, signal)
  }
}
