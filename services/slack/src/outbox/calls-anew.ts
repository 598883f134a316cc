import type { Gathered } from '../render/gather-events.ts'
import type { Entry } from './entry.ts'

/** Whether who is called would miss that something failed: an edit of a message that had no failure yet calls nobody. */
export function callsAnew(gathered: Pick<Gathered, 'failed'>, entries: readonly Entry[]): boolean {
  return gathered.failed === 0 && entries.some(({ mention, event }) => mention !== undefined && isFailure(event))
}

function isFailure({ facts }: Entry['event']): boolean {
  return facts.outcome === 'failed'
}
