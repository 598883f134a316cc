import { addDropped, beyond, droppedNotice } from '../outbox/dropped-events.ts'
import type { HeldLane } from '../outbox/held-lane.ts'
import type { DeliveryContext } from './delivery-context.ts'

/**
 * Drops the oldest events of a parked channel beyond the limits, and adds to a channel that is not parked any more the
 * event that says what was dropped. Throws StoreError.
 */
export async function boundLane(lane: HeldLane, { waitingMax, figures, log }: DeliveryContext): Promise<void> {
  const { entries, state, channel } = lane.contents
  const { parked, dropped: before, ...rest } = state
  if (!parked) {
    if (!before) return
    await lane.add(droppedNotice(channel, before))
    return await lane.writeState(rest)
  }
  const extra = beyond(entries.values(), waitingMax)
  if (extra.length === 0) return
  const dropped = addDropped(before, extra, parked.reason)
  await lane.writeState({ ...state, dropped })
  await lane.finish(extra.map(({ id }) => id))
  figures.dropped += extra.length
  const text = 'the oldest events of a parked channel were dropped: correct the reason, then run slackretry'
  log.warn(text, { channel, reason: parked.reason, dropped: dropped.count, kept: entries.size })
}
