import type { ConfigContext, Logger } from '@powerbus/plugin-sdk'

type Store = Awaited<ReturnType<ConfigContext['state']>>

/** Of records that outlive the process: `identify-end/KEY`, where KEY is PowerDriver.key. */
const PREFIX = 'identify-end/'
/** A light whose BMC does not answer is tried again after this, so many times. */
const RETRY_MS = 30_000
const RETRIES = 10

/** One light that somebody must switch off. */
interface IdentifyEnd {
  /** Uuid of the machine; empty where the action ran without one. */
  readonly machine: string
  /** By the wall clock. */
  readonly endsAtMs: number
}

/**
 * Switches identify lights off that have no end of their own. The record in the store outlives the process: the next one
 * asks the endpoint to run identify with 0 seconds, since it has the login of the machine.
 */
export class IdentifyEnds {
  readonly #timers = new Map<string, NodeJS.Timeout>()

  /** A light is on for `seconds`; `turnOff` switches it off. */
  async begun(
    store: Store,
    key: string,
    { machine, seconds, log }: { readonly machine: string; readonly seconds: number; readonly log: Logger },
    turnOff: () => Promise<unknown>,
  ): Promise<void> {
    await store.set(PREFIX + key, { machine, endsAtMs: Date.now() + seconds * 1000 })
    this.#plan(key, seconds * 1000, log, async () => {
      await turnOff()
      await store.delete(PREFIX + key)
    })
  }

  /** Somebody switched the light off. */
  async ended(store: Store, key: string): Promise<void> {
    clearTimeout(this.#timers.get(key))
    this.#timers.delete(key)
    await store.delete(PREFIX + key)
  }

  /** Takes over the lights of earlier processes, by the endpoint's API. */
  async resume({ state, endpoint, backgroundLog: log }: ConfigContext): Promise<void> {
    const store = await state()
    for await (const { key: stored, value } of store.scan(PREFIX)) {
      const key = stored.slice(PREFIX.length)
      const { machine, endsAtMs } = value as unknown as IdentifyEnd
      if (this.#timers.has(key)) continue
      if (machine === '' || endpoint.token.reveal() === '') {
        log.warn(`the identify light of ${key} is still on: run identify with ipmi/identify-duration 0`)
        await store.delete(stored)
        continue
      }
      this.#plan(key, Math.max(0, endsAtMs - Date.now()), log, async () => {
        // The action deletes the record.
        await endpoint.api().actions.run('machines', machine, 'identify', { 'ipmi/identify-duration': 0 })
      })
    }
  }

  /** Leaves the records to the next process. */
  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  #plan(key: string, delayMs: number, log: Logger, turnOff: () => Promise<void>, retries = RETRIES): void {
    clearTimeout(this.#timers.get(key))
    const timer = setTimeout(() => {
      this.#timers.delete(key)
      turnOff().catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        log.warn(`the identify light of ${key} could not be switched off: ${why}`)
        if (retries > 0) this.#plan(key, RETRY_MS, log, turnOff, retries - 1)
      })
    }, delayMs)
    timer.unref()
    this.#timers.set(key, timer)
  }
}
