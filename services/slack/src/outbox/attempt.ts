import { hashOf } from '../events/event-identity.ts'
import { nothingGathered } from '../render/gather-events.ts'
import type { Entry } from './entry.ts'
import type { MessageRecord } from './message-record.ts'

/** A message that no attempt was made to post. */
export function newRecord(channel: string, { id, group, subject, isDigest, thread, mention }: Entry): MessageRecord {
  return {
    id: hashOf([channel, group, id]),
    group,
    ...(!isDigest && { subject }),
    state: 'waiting',
    gathered: nothingGathered,
    batch: [],
    isDigest,
    ...(thread !== undefined && { thread }),
    ...(mention !== undefined && { mention }),
    attemptMs: 0,
    gaveUpMs: 0,
    closesMs: 0,
  }
}

export interface Attempt {
  readonly entries: readonly Entry[]
  /** Of the message that it answers. */
  readonly threadTs: string | undefined
  readonly nowMs: number
  readonly timeoutMs: number
}

/** The record as it is written before an attempt to post it. */
export function attempted(base: MessageRecord, { entries, threadTs, nowMs, timeoutMs }: Attempt): MessageRecord {
  const { threadTs: _, ...rest } = base
  return {
    ...rest,
    state: 'sending',
    batch: entries.map(({ id }) => id),
    attemptMs: nowMs,
    gaveUpMs: nowMs + timeoutMs,
    closesMs: base.isDigest ? 0 : nowMs + (entries[0]?.windowMs ?? 0),
    ...(threadTs !== undefined && { threadTs }),
  }
}
