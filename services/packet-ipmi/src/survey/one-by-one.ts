import { PowerbusError } from '@powerbus/plugin-sdk'
import type { StepMeans } from '../creation/means.ts'

export interface SurveyMeans extends StepMeans {
  /** What could not be done, in words, for those who read what the survey found. */
  readonly problems: string[]
}

/** Failures that concern every one of them. */
const ofAll: ReadonlySet<string> = new Set(['LEASE_LOST', 'STORE_UNAVAILABLE'])

/** Does the work for each: where it fails for one of them, that is a problem of this one alone. */
export async function oneByOne<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  { problems, call }: SurveyMeans,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  for (const item of items) {
    try {
      await work(item)
    } catch (error) {
      if (!(error instanceof PowerbusError) || ofAll.has(error.code) || call().signal.aborted) throw error
      problems.push(`${nameOf(item)}: ${error.message}`)
    }
  }
}
