import { type Logger, PowerbusError } from '@powerbus/plugin-sdk'
import { LockHeldError } from '@powerbus/store'
import { pause } from '@powerbus/turns'
import type { Means } from '../creation/means.ts'
import { type SurveyOptions, type SurveyResult, survey } from './survey.ts'

const LOCK_KEY = 'survey'

/** Repeats the survey every `surveyMs`, in one replica at a time. */
export class Surveyor {
  readonly #means: Means
  readonly #options: SurveyOptions & { readonly owner: string }
  readonly #log: Logger
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #last: SurveyResult | undefined

  constructor(means: Means, options: SurveyOptions & { readonly owner: string }, log: Logger) {
    this.#means = means
    this.#options = options
    this.#log = log
  }

  /** Result of the last pass of this replica. */
  get last(): SurveyResult | undefined {
    return this.#last
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new PowerbusError('SHUTTING_DOWN', 'The plugin stops'))
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, times } = this.#means
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await this.#pass().catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error)
        if (!signal.aborted && !(error instanceof LockHeldError))
          this.#log.warn('the survey failed; the next one follows', { reason })
      })
      await pause(times.surveyMs, signal, clock)
    }
  }

  async #pass(): Promise<void> {
    const { records, times } = this.#means
    const { owner } = this.#options
    const { signal } = this.#stopping
    const lock = await records.store.lock({ key: LOCK_KEY, owner, ttlMs: times.lockMs, waitMs: 0, signal })
    try {
      const ended = AbortSignal.any([signal, lock.lost])
      const call = () => ({ signal: ended, timeoutMs: times.callMs })
      this.#last = await survey({ ...this.#means, held: lock, call }, this.#options)
      this.#log.info('surveyed', { ...this.#last })
    } finally {
      await lock.release()
    }
  }
}
