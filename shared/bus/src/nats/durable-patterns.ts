import type { ConsumerConfig } from '@nats-io/jetstream'
import { coverOf, type EventPattern, type EventSubject, matches } from '../event-pattern.ts'
import { patternOf } from '../subject.ts'

/** What nats-server takes as a description; metadata it has from 2.10 on. */
const DESCRIPTION_BYTES_MAX = 4096
/** Subscribers of the patterns before are there for so long at most after a change. */
const MIXED_MS = 24 * 3600_000

type Triple = readonly [Type: string, Action: string, Key: string]

interface Before {
  readonly match: readonly EventPattern[]
  /** By the wall clock: other machines read it. */
  readonly untilMs: number
}

interface Described {
  readonly match: readonly Triple[]
  readonly before?: { readonly match: readonly Triple[]; readonly untilMs: number }
}

/**
 * The patterns that hold for a durable name, and those before them. They are in the description of its consumer, because one
 * filter of a subject says less than they do.
 */
export class DurablePatterns {
  readonly #match: readonly EventPattern[]
  readonly #before: Before | undefined

  private constructor(match: readonly EventPattern[], before?: Before) {
    this.#match = match
    this.#before = before
  }

  static of(match: readonly EventPattern[]): DurablePatterns {
    return new DurablePatterns(match)
  }

  /** Undefined where the consumer was made by somebody else, or by a version that wrote none. */
  static in(config: Partial<ConsumerConfig>): DurablePatterns | undefined {
    try {
      const { match, before } = JSON.parse(config.description ?? '') as Described
      const earlier = before && { match: before.match.map(patternOfTriple), untilMs: before.untilMs }
      return new DurablePatterns(match.map(patternOfTriple), earlier)
    } catch {
      return undefined
    }
  }

  /** The same patterns, after others. */
  after(others: DurablePatterns | undefined, nowMs: number): DurablePatterns {
    return new DurablePatterns(this.#match, others && { match: others.#match, untilMs: nowMs + MIXED_MS })
  }

  isAs(others: DurablePatterns | undefined): boolean {
    return others !== undefined && textOf(others.#match) === textOf(this.#match)
  }

  get wantAll(): boolean {
    const { Type, Action, Key } = coverOf(this.#match)
    return Type === '*' && Action === '*' && Key === '*'
  }

  take(event: EventSubject): boolean {
    return matches(this.#match, event)
  }

  /** Whether a subscriber of the patterns before may have handed it back: its deliveries say nothing about deaths then. */
  mayBeHandedBack(event: EventSubject, nowMs: number): boolean {
    return this.#before !== undefined && nowMs < this.#before.untilMs && !matches(this.#before.match, event)
  }

  /** What the server's consumer has of them; those before where there is room. */
  get config() {
    const { Type, Action, Key } = coverOf(this.#match)
    const match = this.#match.map(tripleOf)
    const before = this.#before && { ...this.#before, match: this.#before.match.map(tripleOf) }
    const both = JSON.stringify({ match, ...(before && { before }) } satisfies Described)
    const alone = JSON.stringify({ match } satisfies Described)
    return {
      filter_subject: patternOf('event', Type, Action, Key),
      description: Buffer.byteLength(both) > DESCRIPTION_BYTES_MAX ? alone : both,
    } satisfies Partial<ConsumerConfig>
  }
}

function tripleOf({ Type, Action, Key }: EventPattern): Triple {
  return [Type, Action, Key]
}

function textOf(match: readonly EventPattern[]): string {
  return JSON.stringify(match.map(tripleOf))
}

function patternOfTriple([Type, Action, Key]: Triple): EventPattern {
  return { Type, Action, Key }
}
