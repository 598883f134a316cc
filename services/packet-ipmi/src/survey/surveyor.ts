import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Means } from '../creation/means.ts'
import { repeat } from '../work/repeat.ts'
import { underLock } from '../work/under-lock.ts'
import { type SurveyOptions, type SurveyResult, survey } from './survey.ts'

/** Repeats the survey every `surveyMs`, in one replica at a time. */
export class Surveyor {
  readonly #means: Means
  readonly #options: SurveyOptions
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #last: SurveyResult | undefined

  constructor(means: Means, options: SurveyOptions) {
    this.#means = means
    this.#options = options
  }

  /** Result of the last pass of this replica. */
  get last(): SurveyResult | undefined {
    return this.#last
  }

  start(): void {
    const { signal } = this.#stopping
    const pass = () =>
      underLock('survey', this.#means, signal, async (means) => {
        this.#last = await survey(means, this.#options)
        means.log.info('surveyed', { ...this.#last })
      })
    this.#running ??= repeat(this.#means.times.surveyMs, signal, this.#means, 'the survey failed', pass)
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new PowerbusError('SHUTTING_DOWN', 'The plugin stops'))
    await this.#running
  }
}
