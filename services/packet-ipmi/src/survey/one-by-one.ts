import { PowerbusError } from '@powerbus/plugin-sdk'
import type { StepMeans } from '../creation/means.ts'

export interface SurveyMeans extends StepMeans {
  /** Failures of single devices and machines, for SurveyResult. */
  readonly problems: string[]
}

/** Failures that end the whole survey. */
const ofAll: ReadonlySet<string> = new Set(['LEASE_LOST', 'STORE_UNAVAILABLE'])

/** Does the work for each item. A failure of one item goes into `problems`, and the next item follows. */
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
      if (!(error instanceof PowerbusError) || ofAll.has(error.code) || call.signal.aborted) throw error
      problems.push(`${nameOf(item)}: ${error.message}`)
    }
  }
}
