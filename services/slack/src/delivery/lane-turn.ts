import { within } from '@powerbus/turns'
import type { MessageContent } from '../message.ts'
import type { Entry } from '../outbox/entry.ts'
import type { HeldLane } from '../outbox/held-lane.ts'
import type { CallKind } from '../outbox/lane-contents.ts'
import { attempted, type MessageRecord, newRecord } from '../outbox/message-record.ts'
import { type LaneStep, planLane } from '../outbox/plan-lane.ts'
import { afterEvents } from '../outbox/thread-outcome.ts'
import { buildMessage } from '../render/build-message.ts'
import { type Gathered, gather, type RenderedEvent } from '../render/gather-events.ts'
import { isOfMethod } from '../slack/slack-codes.ts'
import { type SlackFailure, slackFailure } from '../slack/slack-failure.ts'
import { boundLane } from './bound-lane.ts'
import type { DeliveryContext, SlackLink } from './delivery-context.ts'
import type { LanePace } from './lane-pace.ts'
import { type ChannelAccess, editMessage, findMessage, postMessage } from './slack-calls.ts'

/** A closed message is kept for so long, because an event of another replica may still belong to it; milliseconds. */
const GRACE_MS = 60_000
/** Most first messages of threads that are kept to be edited; their threads go on for a day. */
const HEADS_MAX = 500
/** Paces between two edits of one message. */
const EDIT_PACES = 3
/** Time that a call has after a stop, in milliseconds. */
const STOP_MS = 2000

/** The steps for one channel while this process holds its lock. The store has the state before and after each call. */
export class LaneTurn {
  readonly #lane: HeldLane
  readonly #pace: LanePace
  readonly #context: DeliveryContext

  constructor(lane: HeldLane, pace: LanePace, context: DeliveryContext) {
    this.#lane = lane
    this.#pace = pace
    this.#context = context
  }

  /** Completes an interrupted turn: removes the entries `done`, which messages have, and closed messages. */
  async begin(done: readonly string[]): Promise<void> {
    await this.#lane.finish(done)
    const { records, state } = this.#lane.contents
    const nowMs = this.#nowMs()
    const { notBeforeMs, ...rest } = state
    const isOver = notBeforeMs && Object.values(notBeforeMs).every((untilMs) => untilMs <= nowMs)
    if (isOver) await this.#lane.writeState(rest)
    await boundLane(this.#lane, this.#context)
    const heads = [...records.values()].filter((record) => this.#lane.isHead(record))
    for (const record of heads.sort(byAttempt).slice(0, -HEADS_MAX)) await this.#lane.drop(record)
    for (const record of records.values()) {
      const isOver = record.state === 'posted' && nowMs > record.closesMs + GRACE_MS
      if (isOver && !this.#lane.isHead(record)) await this.#lane.drop(record)
      // The attempt was recorded, but not its outcome.
      if (record.state === 'sending' && record.unsureSinceMs === undefined) {
        records.set(record.id, { ...record, unsureSinceMs: record.attemptMs })
      }
    }
  }

  /**
   * The next step, with its time; undefined if there is none. A step that is due has its booking in the workspace's
   * pace.
   */
  next(): LaneStep | undefined {
    if (this.#lane.contents.state.parked) return undefined
    for (;;) {
      const [first] = planLane(this.#lane.contents, {
        openMs: (kind) => this.#pace.openMs(kind),
        settleMs: this.#context.settleMs,
        nowMs: this.#nowMs(),
      })
      const link = this.#context.link()
      if (!first || !link || first.readyMs > this.#nowMs() || this.#pace.book(first.kind, link.paceMs)) return first
    }
  }

  /**
   * Earliest time of a call for an event that comes now, milliseconds since 1970: of an edit only while a message in
   * Slack may take further events.
   */
  get opensMs(): number {
    const { state, records } = this.#lane.contents
    // The events of a parked channel are bounded as they come.
    if (state.parked) return 0
    const nowMs = this.#nowMs()
    const isEditable = [...records.values()].some(({ state, closesMs }) => state === 'posted' && closesMs > nowMs)
    const kinds: readonly CallKind[] = isEditable ? ['post', 'edit'] : ['post']
    const openMs = (kind: CallKind) => Math.max(this.#pace.openMs(kind), state.notBeforeMs?.[kind] ?? 0)
    return Math.min(...kinds.map(openMs))
  }

  /** Throws StoreError, also if the lock is lost; then only the store knows the state of the lane. */
  async take(step: LaneStep, link: SlackLink): Promise<void> {
    this.#lane.assertHeld()
    this.#pace.use(step.kind)
    if (step.kind === 'post') await this.#post(step, link)
    else if (step.kind === 'edit') await this.#edit(step, link)
    else await this.#find(step, link)
  }

  async #post({ record: base, entries }: LaneStep, link: SlackLink): Promise<void> {
    const threadTs = this.#lane.threadOf(base)
    const record = attempted(base, entries, { threadTs, nowMs: this.#nowMs(), timeoutMs: link.timeoutMs })
    await this.#lane.write(record)
    const gathered = gather(record.gathered, eventsOf(entries))
    const message = this.#message(record, gathered, link)
    const isBroadcast = gathered.failed > 0
    const post = () => postMessage(this.#to(link), record, message, isBroadcast)
    const { value: ts, failure } = await this.#paced(post, link)
    if (!failure) {
      this.#context.figures.posted += 1
      return await this.#posted(record, entries, ts, link)
    }
    const gaveUpMs = this.#nowMs()
    if (failure.kind === 'blocks' && !record.isPlain) return await this.#notDone(this.#plain(record, failure), false)
    const isAlone = failure.kind === 'gone' && record.threadTs === undefined
    if (isRefused(failure) || isAlone) return await this.#park(record, entries, failure.reason)
    // Written first: a Retry-After holds even if this process is killed before the next write.
    await this.#refused('post', failure)
    if (failure.kind === 'unsure') await this.#lane.write({ ...record, unsureSinceMs: record.attemptMs, gaveUpMs })
    else await this.#notDone(record, failure.kind === 'gone')
  }

  async #edit({ record: before, entries }: LaneStep, link: SlackLink): Promise<void> {
    const { isStale: _, ...record } = this.#lane.isHead(before) ? afterEvents(before, eventsOf(entries)) : before
    const gathered = gather(record.gathered, eventsOf(entries))
    const message = this.#message(record, gathered, link)
    const { failure } = await this.#paced(() => editMessage(this.#to(link), record, message), link)
    if (!failure) {
      this.#context.figures.edited += 1
      await this.#noteInThread(record, eventsOf(entries))
      return await this.#complete(record, entries, { editableMs: this.#editableMs(link) })
    }
    if (failure.kind === 'blocks' && !record.isPlain) return await this.#lane.write(this.#plain(before, failure))
    const isOver = isRefused(failure) || failure.kind === 'gone'
    // This message takes no more events: later ones get a message of their own.
    if (isOver) await this.#lane.write({ ...record, batch: [], closesMs: 0 })
    const [first] = entries
    if (isRefused(failure) && first) {
      await this.#park(newRecord(this.#lane.contents.channel, first), entries, failure.reason)
    } else await this.#refused('edit', failure)
  }

  /** Looks for a message that a post of unknown outcome may have made. */
  async #find({ record }: LaneStep, link: SlackLink): Promise<void> {
    const { value: ts, failure } = await this.#attempt(() => findMessage(this.#to(link), record))
    const entries = this.#lane.entriesOf(record)
    if (!failure && ts !== undefined) {
      this.#context.figures.found += 1
      return await this.#posted(record, entries, ts, link)
    }
    // `gone`: the thread is deleted, and with it all answers.
    if (!failure || failure.kind === 'gone') return await this.#notDone(record, failure?.kind === 'gone')
    const isUnreadable = failure.kind === 'channel' && !this.#context.isMember(this.#lane.contents.channel)
    if (isRefused(failure) || isOfMethod(failure.reason) || isUnreadable) {
      const needed = 'needed' in failure ? ` ${failure.needed}` : ''
      return await this.#park(record, entries, `cannot see whether it was posted: ${failure.reason}${needed}`)
    }
    await this.#refused('find', failure)
  }

  /** The effect of a failure on the whole channel. */
  async #refused(kind: CallKind, failure: SlackFailure): Promise<void> {
    const { figures, log } = this.#context
    const { channel, state } = this.#lane.contents
    if (failure.kind === 'limited') {
      figures.limited += 1
      const untilMs = this.#nowMs() + failure.retryAfterMs
      this.#pace.limited()
      log.debug('Slack answered 429', { channel, kind, ms: failure.retryAfterMs })
      // In the store it holds over restarts.
      return await this.#lane.writeState({ ...state, notBeforeMs: { ...state.notBeforeMs, [kind]: untilMs } })
    }
    figures.failed += 1
    if (failure.kind === 'workspace') this.#context.halt(failure)
    else if (failure.kind === 'channel') {
      await this.#lane.writeState({ ...state, parked: { reason: failure.reason, sinceMs: this.#nowMs() } })
      log.error('Slack refuses this channel: correct the reason, then run slackretry; slackqueue lists the messages', {
        channel,
        reason: failure.reason,
      })
    } else {
      const { failures, pauseMs } = this.#pace.failed()
      const isAway = failure.kind === 'unsent' || failure.kind === 'unsure'
      if (!isAway || (failures > 1 && failures % 10 > 0)) return
      log.warn('Slack cannot be reached; the plugin tries again', {
        channel,
        reason: failure.reason,
        failures,
        ms: pauseMs,
      })
    }
  }

  async #posted(record: MessageRecord, entries: readonly Entry[], ts: string, link: SlackLink): Promise<void> {
    const { unsureSinceMs: _, ...base } = record
    const { thread, threadTs, closesMs } = record
    const { events } = gather(record.gathered, eventsOf(entries))
    const isFirst = thread !== undefined && threadTs === undefined
    if (isFirst) await this.#lane.writeThread(thread, ts)
    await this.#noteInThread(record, events)
    const posted = { state: 'posted', ts, editableMs: this.#editableMs(link) } as const
    await this.#complete(isFirst ? afterEvents(base, events) : base, entries, posted)
    if (closesMs <= this.#nowMs() && !this.#lane.isHead({ ...base, ts })) await this.#lane.drop(record)
  }

  /** Notes in the first message of a thread what an answer to it says, so that it is edited when all is well again. */
  async #noteInThread({ thread, threadTs }: MessageRecord, events: readonly RenderedEvent[]): Promise<void> {
    const head = thread === undefined || threadTs === undefined ? undefined : this.#lane.headOf(thread)
    const next = head && afterEvents(head, events)
    if (!head || !next || next === head) return
    await this.#lane.write({ ...next, isStale: head.isStale === true || next.wellMs !== head.wellMs })
  }

  /** Stores a message that has these entries now, then removes them. */
  async #complete(record: MessageRecord, entries: readonly Entry[], more: Partial<MessageRecord>): Promise<void> {
    const batch = entries.map(({ id }) => id)
    await this.#lane.write({ ...record, gathered: gather(record.gathered, eventsOf(entries)), batch, ...more })
    await this.#lane.finish(batch)
  }

  async #notDone(record: MessageRecord, isThreadGone: boolean): Promise<void> {
    const { unsureSinceMs: _, threadTs: _ts, ...rest } = record
    if (isThreadGone && record.thread !== undefined) await this.#lane.dropThread(record.thread)
    await this.#lane.write({ ...rest, state: 'waiting', batch: [] })
  }

  /** The message as Slack may take it: with its text alone. */
  #plain(record: MessageRecord, { reason }: SlackFailure): MessageRecord {
    this.#context.figures.plain += 1
    const about = { channel: this.#lane.contents.channel, message: record.id, reason }
    this.#context.log.warn('Slack refuses the blocks of a message: it is sent as text, without buttons', about)
    return { ...record, isPlain: true }
  }

  async #park(record: MessageRecord, entries: readonly Entry[], reason: string): Promise<void> {
    await this.#complete(record, entries, { state: 'parked', reason })
    this.#context.figures.parked += 1
    const about = { channel: this.#lane.contents.channel, message: record.id, reason }
    this.#context.log.error('Slack refuses a message: slackqueue lists it, slackretry sends it again', about)
  }

  #message(record: MessageRecord, gathered: Gathered, { extraBlocks }: SlackLink): MessageContent {
    const { isDigest, mention, isPlain, wellMs } = record
    const message = buildMessage(gathered, { isDigest, mention, extraBlocks, wellMs })
    return isPlain ? { ...message, blocks: [] } : message
  }

  #to({ client }: SlackLink): ChannelAccess {
    return { client, channel: this.#lane.contents.channel }
  }

  /** Makes a post or an edit, which counts for the pace of the channel. */
  async #paced<T>(request: () => Promise<T>, { paceMs }: SlackLink): Promise<Outcome<T>> {
    this.#lane.assertHeld()
    this.#pace.called(paceMs)
    const outcome = await this.#attempt(request)
    if (!outcome.failure) this.#pace.accepted()
    return outcome
  }

  /** Two seconds after a stop the call is given up, with an unknown outcome. */
  async #attempt<T>(request: () => Promise<T>): Promise<Outcome<T>> {
    const { signal, clock } = this.#context
    try {
      return { value: await within({ signal, graceMs: STOP_MS, clock }, request) }
    } catch (error) {
      return { failure: slackFailure(error) }
    }
  }

  #editableMs({ paceMs }: SlackLink): number {
    return this.#nowMs() + EDIT_PACES * paceMs
  }

  #nowMs(): number {
    return this.#context.clock.dateMs()
  }
}

type Outcome<T> =
  | { readonly value: T; readonly failure?: undefined }
  | { readonly value?: undefined; readonly failure: SlackFailure }

/** Slack will never take the message as it is. */
function isRefused({ kind }: SlackFailure): boolean {
  return kind === 'message' || kind === 'blocks'
}

function byAttempt(one: MessageRecord, other: MessageRecord): number {
  return one.attemptMs - other.attemptMs
}

function eventsOf(entries: readonly Entry[]) {
  return entries.map(({ event }) => event)
}
