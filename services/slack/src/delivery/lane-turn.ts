import { within } from '@powerbus/turns'
import type { SlackMessage } from '../message.ts'
import type { Entry } from '../outbox/entry.ts'
import type { HeldLane } from '../outbox/held-lane.ts'
import type { CallKind } from '../outbox/lane-contents.ts'
import { attempted, type MessageRecord, newRecord } from '../outbox/message-record.ts'
import { type EditStep, type FindStep, type LaneStep, type PostStep, planLane } from '../outbox/plan-lane.ts'
import { buildMessage } from '../render/build-message.ts'
import { type Gathered, gather } from '../render/gather-events.ts'
import { type SlackFailure, slackFailure } from '../slack/slack-failure.ts'
import type { DeliveryContext, SlackLink } from './delivery-context.ts'
import type { LanePace } from './lane-pace.ts'
import { editMessage, findMessage, postMessage } from './slack-calls.ts'

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

  /** Completes an interrupted turn: removes entries that a message has, and messages that are over. */
  async begin(done: readonly string[]): Promise<void> {
    await this.#lane.finish(done)
    const { records, state } = this.#lane.contents
    const nowMs = Date.now()
    const { notBeforeMs = {}, ...rest } = state
    const closed = Object.entries(notBeforeMs) as [CallKind, number][]
    for (const [kind, untilMs] of closed) this.#pace.close(kind, untilMs)
    if (state.notBeforeMs && closed.every(([, untilMs]) => untilMs <= nowMs)) await this.#lane.writeState(rest)
    for (const record of records.values()) {
      if (record.state === 'posted' && nowMs > record.closesMs + GRACE_MS) await this.#lane.drop(record)
      // An attempt was recorded, and not how it ended.
      if (record.state === 'sending' && record.unsureSinceMs === undefined) {
        records.set(record.id, { ...record, unsureSinceMs: record.attemptMs })
      }
    }
  }

  /** The next step and when it can be taken; undefined where there is none. A step that can be taken now has its place among all channels. */
  next(): LaneStep | undefined {
    if (this.#lane.contents.state.parked) return undefined
    for (;;) {
      const [first] = planLane(this.#lane.contents, {
        postMs: this.#pace.openMs('post'),
        editMs: this.#pace.openMs('edit'),
        findMs: this.#pace.openMs('find'),
        editedAgainMs: ({ id }) => this.#pace.editableMs(id),
        settleMs: this.#context.settleMs,
        nowMs: Date.now(),
      })
      const link = this.#context.link()
      if (!first || !link || first.readyMs > Date.now() || this.#pace.book(first.kind, link.paceMs)) return first
    }
  }

  /** Rejects where the store fails or the lock is lost; then only the store knows the lane's state. */
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
    const message = this.#message(record, gather(record.gathered, eventsOf(entries)), link)
    const { value: ts, failure } = await this.#paced(() => postMessage(link.client, message), link)
    if (!failure) {
      this.#context.figures.posted += 1
      return await this.#posted(record, entries, ts)
    }
    const gaveUpMs = Date.now()
    const isAlone = failure.kind === 'gone' && record.threadTs === undefined
    if (failure.kind === 'message' || isAlone) return await this.#park(record, entries, failure.reason)
    // First of all: it holds also where this process is killed before it has written the rest.
    await this.#refused('post', failure)
    if (failure.kind === 'unsure') await this.#lane.write({ ...record, unsureSinceMs: record.attemptMs, gaveUpMs })
    else await this.#notDone(record, failure.kind === 'gone')
  }

  async #edit({ record, entries }: EditStep, link: SlackLink): Promise<void> {
    const gathered = gather(record.gathered, eventsOf(entries))
    const message = this.#message(record, gathered, link)
    const { failure } = await this.#paced(() => editMessage(link.client, record.ts ?? '', message), link)
    this.#pace.edited(record.id, link.paceMs)
    if (!failure) {
      this.#context.figures.edited += 1
      await this.#lane.write({ ...record, gathered, batch: idsOf(entries) })
      return await this.#lane.finish(idsOf(entries))
    }
    const isOver = failure.kind === 'message' || failure.kind === 'gone'
    // It takes no more: later events get a message of their own.
    if (isOver) await this.#lane.write({ ...record, batch: [], closesMs: 0 })
    const [first] = entries
    if (failure.kind === 'message' && first) {
      await this.#park(newRecord(this.#lane.channel, first), entries, failure.reason)
    } else await this.#refused('edit', failure)
  }

  /** Looks for a message whose post may have been done. */
  async #find({ record }: FindStep, { client }: SlackLink): Promise<void> {
    const { threadTs, unsureSinceMs: sinceMs = record.attemptMs } = record
    const wanted = { channel: this.#lane.channel, key: record.id, sinceMs, ...(threadTs !== undefined && { threadTs }) }
    const { value: ts, failure } = await this.#attempt(() => findMessage(client, wanted))
    const entries = this.#lane.entriesOf(record)
    if (!failure && ts !== undefined) {
      this.#context.figures.found += 1
      return await this.#posted(record, entries, ts)
    }
    // A thread that is gone has no answers either.
    if (!failure || failure.kind === 'gone') return await this.#notDone(record, failure?.kind === 'gone')
    if (failure.kind === 'message' || failure.reason === 'missing_scope') {
      const needed = 'needed' in failure ? ` ${failure.needed}` : ''
      return await this.#park(record, entries, `cannot see whether it was posted: ${failure.reason}${needed}`)
    }
    await this.#refused('find', failure)
  }

  /** The effect of a failure on the whole channel. */
  async #refused(kind: CallKind, failure: SlackFailure): Promise<void> {
    const { figures, log } = this.#context
    const { channel } = this.#lane
    const { state } = this.#lane.contents
    if (failure.kind === 'limited') {
      figures.limited += 1
      const untilMs = Date.now() + failure.retryAfterMs
      this.#pace.limited(kind, untilMs)
      log.debug('Slack wants a pause', { channel, kind, ms: failure.retryAfterMs })
      // Over restarts too.
      return await this.#lane.writeState({ ...state, notBeforeMs: { ...state.notBeforeMs, [kind]: untilMs } })
    }
    figures.failed += 1
    if (failure.kind === 'workspace') this.#context.halt(failure)
    else if (failure.kind === 'channel') {
      await this.#lane.writeState({ ...state, parked: { reason: failure.reason, sinceMs: Date.now() } })
      log.error('Slack takes nothing for this channel: see slackqueue', { channel, reason: failure.reason })
    } else {
      const { failures, pauseMs } = this.#pace.failed()
      const isAway = failure.kind === 'unsent' || failure.kind === 'unsure'
      if (!isAway || (failures > 1 && failures % 10 > 0)) return
      log.warn('Slack cannot be reached', { channel, reason: failure.reason, failures, ms: pauseMs })
    }
  }

  async #posted(record: MessageRecord, entries: readonly Entry[], ts: string): Promise<void> {
    const { unsureSinceMs: _, ...rest } = record
    const gathered = gather(record.gathered, eventsOf(entries))
    const posted: MessageRecord = { ...rest, state: 'posted', gathered, ts, batch: idsOf(entries) }
    const { thread, threadTs } = record
    await this.#lane.write(posted)
    if (thread !== undefined && threadTs === undefined) await this.#lane.writeThread(thread, ts)
    await this.#lane.finish(idsOf(entries))
    this.#pace.edited(record.id, this.#context.link()?.paceMs ?? 0)
    if (posted.closesMs <= Date.now()) await this.#lane.drop(posted)
  }

  async #notDone(record: MessageRecord, isThreadGone: boolean): Promise<void> {
    const { unsureSinceMs: _, threadTs: _ts, ...rest } = record
    if (isThreadGone && record.thread !== undefined) await this.#lane.dropThread(record.thread)
    await this.#lane.write({ ...rest, state: 'waiting', batch: [] })
  }

  async #park(record: MessageRecord, entries: readonly Entry[], reason: string): Promise<void> {
    const gathered = gather(record.gathered, eventsOf(entries))
    await this.#lane.write({ ...record, state: 'parked', gathered, batch: idsOf(entries), reason })
    await this.#lane.finish(idsOf(entries))
    this.#context.figures.parked += 1
    const about = { channel: this.#lane.channel, message: record.id, reason }
    this.#context.log.error('Slack does not take a message: see slackqueue', about)
  }

  #message(record: MessageRecord, gathered: Gathered, { extraBlocks }: SlackLink): SlackMessage {
    const { id, isDigest, mention, threadTs } = record
    const content = buildMessage(gathered, { isDigest, mention, extraBlocks })
    return { ...content, channel: this.#lane.channel, key: id, ...(threadTs !== undefined && { threadTs }) }
  }

  /** A post or an edit, which counts for the channel's pace. */
  async #paced<T>(request: () => Promise<T>, { paceMs }: SlackLink): Promise<Outcome<T>> {
    this.#lane.assertHeld()
    this.#pace.called(paceMs)
    const outcome = await this.#attempt(request)
    if (!outcome.failure) this.#pace.accepted()
    return outcome
  }

  /** After a stop it is given up soon, as a call whose outcome is unknown. */
  async #attempt<T>(request: () => Promise<T>): Promise<Outcome<T>> {
    try {
      return { value: await within({ signal: this.#context.signal, graceMs: STOP_MS }, request) }
    } catch (error) {
      return { failure: slackFailure(error) }
    }
  }
}

type Outcome<T> =
  | { readonly value: T; readonly failure?: undefined }
  | { readonly value?: undefined; readonly failure: SlackFailure }

function eventsOf(entries: readonly Entry[]) {
  return entries.map(({ event }) => event)
}

function idsOf(entries: readonly Entry[]) {
  return entries.map(({ id }) => id)
}
