import type { RenderedEvent } from '../render/gather-events.ts'
import type { MessageRecord } from './message-record.ts'

/**
 * The first message of a thread after these events of the thread, oldest first: what fails, and since when all is well
 * again. An outcome `done` ends the failures of its kind. The same record if nothing changes.
 */
export function afterEvents(head: MessageRecord, events: readonly RenderedEvent[]): MessageRecord {
  const before = head.failing ?? []
  const failing = new Set(before)
  let wellMs = head.wellMs
  for (const { facts } of events) {
    if (facts.outcome === 'failed') {
      failing.add(facts.kind)
      wellMs = undefined
    } else if (facts.outcome === 'done' && failing.delete(facts.kind) && failing.size === 0) wellMs = facts.timeMs
  }
  // What failed and was mended before the first post was never shown as failing.
  if (head.ts === undefined) wellMs = undefined
  if (wellMs === head.wellMs && [...failing].join() === before.join()) return head
  const { failing: _, wellMs: _was, ...rest } = head
  return { ...rest, failing: [...failing], ...(wellMs !== undefined && { wellMs }) }
}
