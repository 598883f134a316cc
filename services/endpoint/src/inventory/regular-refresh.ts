import type { Logger } from 'pino'
import type { Inventory } from './inventory.ts'

/** Between two looks at what other endpoints on the same store have changed. */
const REFRESH_MS = 2_000

/** A plugin follows what another endpoint changed although nobody asks anything of this one. Gives what ends it. */
export function refreshRegularly(inventory: Inventory, log: Logger): () => Promise<void> {
  let isFailing = false
  let underWay: Promise<void> | undefined
  const refresh = async () => {
    try {
      await inventory.refresh()
      isFailing = false
    } catch (error) {
      if (!isFailing) log.warn({ error: String(error) }, 'the shared store does not answer')
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
