import type { Logger } from 'pino'
import type { Inventory } from './inventory.ts'

const REFRESH_MS = 2_000

/**
 * Takes over other endpoints' changes every 2 s, so that plugins follow them without an API request. Returns what ends
 * it.
 */
export function refreshRegularly(inventory: Inventory, log: Logger): () => Promise<void> {
  let isFailing = false
  let underWay: Promise<void> | undefined
  const refresh = async () => {
    try {
      await inventory.refresh()
      isFailing = false
    } catch (error) {
      if (!isFailing) log.warn({ err: error }, 'the shared store does not answer')
      isFailing = true
    }
    underWay = undefined
  }
  const timer = setInterval(() => {
    underWay ??= refresh()
  }, REFRESH_MS)
  return async () => {
    clearInterval(timer)
    await underWay
  }
}
