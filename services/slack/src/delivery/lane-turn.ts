import type { SlackMessage } from '../message.ts'
import { attempted, newRecord } from '../outbox/attempt.ts'
import type { Entry } from '../outbox/entry.ts'
import type { CallKind } from '../outbox/lane-state.ts'
import type { MessageRecord } from '../outbox/message-record.ts'
import {
  type EditStep,
  type FindStep,
  type LaneGates,
  type LaneStep,
  type PostStep,
  planLane,
} from '../outbox/plan-lane.ts'
import { buildMessage } from '../render/build-message.ts'
import { type Gathered, gather } from '../render/gather-events.ts'
import { type SlackFailure, slackFailure } from '../slack/slack-failure.ts'
import type { DeliveryContext, SlackLink } from './delivery-context.ts'
import type { HeldLane } from './held-lane.ts'
import type { LanePace } from './lane-pace.ts'
import { editMessage, findMessage, postMessage } from './slack-calls.ts'
import { untilStopped } from './until-stopped.ts'

/** A closed message is kept for so long: an event of another replica may still belong to it. Milliseconds. */
const GRACE_MS = 60_000
/** How long a call may go on after a stop, in milliseconds. */
const STOP_MS = 2000

/** One channel, while this process holds its lock. Every change is in the store before and after each call. */
export class LaneTurn {
  readonly #lane: HeldLane
  readonly #pace: LanePace
  readonly #context: DeliveryContext

  constructor(lane: HeldLane, pace: LanePace, context: DeliveryContext) {
    this.#lane = lane
    this.#pace = pace
    this.#context = context
  }

  /** Clears up what a turn that was cut short left: entries that are in a message, messages that are over. */
  async begin(done: readonly string[]): Promise<void> {
    await this.#lane.finish(done)
    const { records, state } = this.#lane.contents
    const nowMs = Date.now()
    const { notBeforeMs, ...rest } = state
    if (notBeforeMs && Object.values(notBeforeMs).every((ms) => ms <= nowMs)) await this.#lane.writeState(rest)
    for (const record of records.values()) {
      if (record.state === 'posted' && nowMs > record.closesMs + GRACE_MS) await this.#lane.drop(record)
      // An attempt was recorded, and not how it ended.
      if (record.state === 'sending' && record.unsureSinceMs === undefined) {
        records.set(record.id, { ...record, unsureSinceMs: record.attemptMs })
      }
    }
  }

  /** What comes next, and when; undefined where there is nothing to be done. A step that could be taken has its place among all channels. */
  next(): LaneStep | undefined {
    if (this.#lane.contents.state.parked) return undefined
    for (;;) {
      const [first] = planLane(this.#lane.contents, this.#gates())
      const link = this.#context.link()
      const nowMs = Date.now()
      if (!first || !link || first.readyMs > nowMs || this.#pace.hasBooked(first.kind)) return first
      const atMs = this.#context.workspace.book(first.kind, link.paceMs, nowMs)
      this.#pace.book(first.kind, atMs)
      if (atMs <= nowMs) return first
    }
  }

  #gates(): LaneGates {
    const { notBeforeMs } = this.#lane.contents.state
    const openMs = (kind: CallKind) => Math.max(this.#pace.openMs(kind), notBeforeMs?.[kind] ?? 0)
    return {
      postMs: openMs('post'),
      editMs: openMs('edit'),
      findMs: openMs('find'),
      editedAgainMs: ({ id }) => this.#pace.editableMs(id),
      settleMs: this.#context.settleMs,
      nowMs: Date.now(),
    }
  }

  /** Rejects where the store fails or the lock is lost; then nothing is known but what the store says. */
  async take(step: LaneStep, link: SlackLink): Promise<void> {
    this.#lane.assertHeld()
    this.#pace.use(step.kind)
    if (step.kind === 'post') await this.#post(step, link)
    else if (step.kind === 'edit') await this.#edit(step, link)
    else await this.#find(step, link)
  }

  async #post({ record: before, entries }: PostStep, link: SlackLink): Promise<void> {
    const [first] = entries
    const base = before ?? (first && newRecord(this.#lane.channel, first))
    if (base === undefined) return
    const about = { entries, nowMs: Date.now(), timeoutMs: link.timeoutMs }
    const record = attempted(base, { ...about, threadTs: this.#lane.threadOf(base) })
    await this.#lane.write(record)
    const gathered = gather(record.gathered, eventsOf(entries))
    const outcome = await this.#call(() => postMessage(link.client, this.#message(record, gathered, link)), link)
    if (outcome.failure) return await this.#postFailed(record, entries, outcome.failure)
    this.#context.figures.posted += 1
    await this.#posted(record, entries, outcome.value)
  }

  async #edit({ record, entries }: EditStep, link: SlackLink): Promise<void> {
    const gathered = gather(record.gathered, eventsOf(entries))
    const batch = entries.map(({ id }) => id)
    const message = this.#message(record, gathered, link)
    const outcome = await this.#call(() => editMessage(link.client, record.ts ?? '', message), link)
    this.#pace.edited(record.id, link.paceMs)
    if (!outcome.failure) {
      this.#context.figures.edited += 1
      await this.#lane.write({ ...record, gathered, batch })
      return await this.#finish(entries)
    }
    const { failure } = outcome
    if (failure.kind === 'message' || failure.kind === 'gone') {
      // It takes no more: what comes is a message of its own.
      await this.#lane.write({ ...record, batch: [], closesMs: 0 })
    }
    const [first] = entries
    if (failure.kind === 'message' && first)
      await this.#park(newRecord(this.#lane.channel, first), entries, failure.reason)
    else await this.#refused('edit', failure)
  }

  async #find({ record }: FindStep, { client }: SlackLink): Promise<void> {
    const sinceMs = record.unsureSinceMs ?? record.attemptMs
    const { threadTs } = record
    const wanted = { channel: this.#lane.channel, key: record.id, sinceMs, ...(threadTs !== undefined && { threadTs }) }
    const outcome = await this.#attemptCall(() => findMessage(client, wanted))
    const { failure } = outcome
    const entries = this.#lane.entriesOf(record)
    if (!failure && outcome.value !== undefined) {
      this.#context.figures.found += 1
      return await this.#posted(record, entries, outcome.value)
    }
    // A thread that is gone has no answers either.
    if (!failure || failure.kind === 'gone') return await this.#notDone(record, failure?.kind === 'gone')
    if (failure.kind === 'message' || failure.reason === 'missing_scope') {
      const needed = 'needed' in failure ? ` ${failure.needed}` : ''
      return await this.#park(record, entries, `cannot see whether it was posted: ${failure.reason}${needed}`)
    }
    await this.#refused('find', failure)
  }

  async #postFailed(record: MessageRecord, entries: readonly Entry[], failure: SlackFailure): Promise<void> {
    const gaveUpMs = Date.now()
    const isAlone = failure.kind === 'gone' && record.threadTs === undefined
    if (failure.kind === 'message' || isAlone) return await this.#park(record, entries, failure.reason)
    // First of all: it holds also where this process is killed before it has written the rest.
    await this.#refused('post', failure)
    if (failure.kind === 'unsure') {
      await this.#lane.write({ ...record, unsureSinceMs: record.attemptMs, gaveUpMs })
    } else await this.#notDone(record, failure.kind === 'gone')
  }

  /** What every failure does to the channel. */
  async #refused(kind: CallKind, failure: SlackFailure): Promise<void> {
    const { figures, log } = this.#context
    const channel = this.#lane.channel
    if (failure.kind === 'limited') {
      figures.limited += 1
      this.#pace.limited()
      log.debug('Slack wants a pause', { channel, kind, ms: failure.retryAfterMs })
      return await this.#close(kind, Date.now() + failure.retryAfterMs)
    }
    figures.failed += 1
    if (failure.kind === 'workspace') this.#context.halt(failure)
    else if (failure.kind === 'channel') {
      await this.#lane.writeState({
        ...this.#lane.contents.state,
        parked: { reason: failure.reason, sinceMs: Date.now() },
      })
      log.error('Slack takes nothing for this channel: see slackqueue', { channel, reason: failure.reason })
    } else {
      const { failures, pauseMs } = this.#pace.failed()
      const isAway = failure.kind === 'unsent' || failure.kind === 'unsure'
      const isTold = isAway && (failures === 1 || failures % 10 === 0)
      if (isTold) log.warn('Slack cannot be reached', { channel, reason: failure.reason, failures, ms: pauseMs })
    }
  }

  /** Over restarts too. */
  async #close(kind: CallKind, untilMs: number): Promise<void> {
    this.#pace.close(kind, untilMs)
    const { state } = this.#lane.contents
    await this.#lane.writeState({ ...state, notBeforeMs: { ...state.notBeforeMs, [kind]: untilMs } })
  }

  async #posted(record: MessageRecord, entries: readonly Entry[], ts: string): Promise<void> {
    const { unsureSinceMs: _, ...rest } = record
    const gathered = gather(record.gathered, eventsOf(entries))
    const posted: MessageRecord = { ...rest, state: 'posted', gathered, ts, batch: entries.map(({ id }) => id) }
    const { thread, threadTs } = record
    await this.#lane.write(posted)
    if (thread !== undefined && threadTs === undefined) {
      await this.#lane.writeThread(thread, ts)
    }
    await this.#finish(entries)
    this.#pace.edited(record.id, this.#context.link()?.paceMs ?? 0)
    if (posted.closesMs <= Date.now()) await this.#lane.drop(posted)
  }

  async #notDone(record: MessageRecord, isThreadGone: boolean): Promise<void> {
    const { unsureSinceMs: _, threadTs: _ts, ...rest } = record
    if (isThreadGone && record.thread !== undefined) {
      await this.#lane.dropThread(record.thread)
    }
    await this.#lane.write({ ...rest, state: 'waiting', batch: [] })
  }

  async #park(record: MessageRecord, entries: readonly Entry[], reason: string): Promise<void> {
    const { figures, log } = this.#context
    const gathered = gather(record.gathered, eventsOf(entries))
    const batch = entries.map(({ id }) => id)
    await this.#lane.write({ ...record, state: 'parked', gathered, batch, reason })
    await this.#finish(entries)
    figures.parked += 1
    log.error('Slack does not take a message: see slackqueue', {
      channel: this.#lane.channel,
      message: record.id,
      reason,
    })
  }

  #message(record: MessageRecord, gathered: Gathered, { extraBlocks }: SlackLink): SlackMessage {
    const { id, isDigest, mention, threadTs } = record
    const content = buildMessage(gathered, { isDigest, mention, extraBlocks })
    return { ...content, channel: this.#lane.channel, key: id, ...(threadTs !== undefined && { threadTs }) }
  }

  /** One call that counts for the channel's pace. */
  async #call<T>(request: () => Promise<T>, { paceMs }: SlackLink): Promise<Outcome<T>> {
    this.#lane.assertHeld()
    this.#pace.called(paceMs)
    const outcome = await this.#attemptCall(request)
    if (!outcome.failure) this.#pace.taken()
    return outcome
  }

  /** A stop waits for a moment only: then it is not known what came of the call, and recorded so. */
  async #attemptCall<T>(request: () => Promise<T>): Promise<Outcome<T>> {
    try {
      return { value: await untilStopped(request(), this.#context.signal, STOP_MS) }
    } catch (error) {
      return { failure: slackFailure(error) }
    }
  }

  async #finish(entries: readonly Entry[]): Promise<void> {
    await this.#lane.finish(entries.map(({ id }) => id))
  }
}

type Outcome<T> =
  | { readonly value: T; readonly failure?: undefined }
  | { readonly value?: undefined; readonly failure: SlackFailure }

function eventsOf(entries: readonly Entry[]) {
  return entries.map(({ event }) => event)
}
