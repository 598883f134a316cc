import { createHash } from 'node:crypto'
import type { ConsumerInfo } from '@nats-io/jetstream'
import { coverOf, type EventPattern } from '../event-pattern.ts'
import { PREFIX, patternOf } from '../subject.ts'

/** A filter that no event passes: a durable that has it gives out nothing new. */
const NO_EVENT = `${PREFIX}.event.replaced`
const HASH_LENGTH = 12
/** Names of replaced durables that are remembered; the description of a consumer holds 4096 bytes. */
const AFTER_MAX = 16

/** What a durable's consumer says of itself in its description. */
export interface DurableNote {
  /** The durable name whose events it gives out. */
  readonly durable: string
  /** Consumers that it has replaced, the newest first. */
  readonly after: readonly string[]
  /** Of one that was replaced: where the one that replaces it begins, as a number of the stream. */
  readonly next?: number
}

/** One consumer of a durable name. */
export interface Durable {
  readonly name: string
  readonly info: ConsumerInfo
  readonly note: DurableNote
}

/**
 * Name of the consumer for a durable name with these patterns, in any order: `plugin-slack=0123456789ab`. The landed versions before
 * had one consumer for all patterns, under the durable name itself.
 */
export function consumerNameOf(durable: string, match: readonly EventPattern[]): string {
  const patterns = new Set(match.map(({ Type, Action, Key }) => JSON.stringify([Type, Action, Key])))
  const hash = createHash('sha256')
    .update(JSON.stringify([...patterns].sort()))
    .digest('hex')
  return `${durable}=${hash.slice(0, HASH_LENGTH)}`
}

/** The consumer as one of that durable name; undefined where it belongs to another. */
export function durableIn(info: ConsumerInfo, durable: string): Durable | undefined {
  const { name } = info
  const note = noteIn(info.config.description)
  if (note?.durable === durable) return { name, info, note }
  return name === durable ? { name, info, note: { durable, after: [] } } : undefined
}

/** Whether it gives out nothing new, because other patterns are in charge of its name. */
export function isReplaced({ info }: Durable): boolean {
  return info.config.filter_subject === NO_EVENT
}

/** Nobody asks it for events. A member that is full asks for none either, for as long as its handlers take. */
export function isDeserted({ info }: Durable): boolean {
  return info.num_waiting === 0
}

/** Configuration of one that is in charge. */
export function inCharge(durable: string, match: readonly EventPattern[], after: readonly string[]) {
  const { Type, Action, Key } = coverOf(match)
  const note: DurableNote = { durable, after: after.slice(0, AFTER_MAX) }
  return { filter_subject: patternOf('event', Type, Action, Key), description: JSON.stringify(note) }
}

/** Configuration of one that is replaced. */
export function replaced({ info, note }: Durable) {
  const next = info.delivered.stream_seq + 1
  return { filter_subject: NO_EVENT, description: JSON.stringify({ ...note, next } satisfies DurableNote) }
}

function noteIn(description = ''): DurableNote | undefined {
  try {
    const { durable, after, next } = JSON.parse(description) as Partial<DurableNote>
    if (typeof durable !== 'string' || !Array.isArray(after)) return undefined
    return { durable, after, ...(typeof next === 'number' && { next }) }
  } catch {
    return undefined
  }
}
