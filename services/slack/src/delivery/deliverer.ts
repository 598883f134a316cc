import { setMaxListeners } from 'node:events'
import type { Logger } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import { type Clock, endsWithin, systemClock } from '@powerbus/turns'
import { Mutes } from '../mute/mutes.ts'
import { beyond, waitingMax as defaultMax, sizeOf, type WaitingMax } from '../outbox/dropped-events.ts'
import { type Entry, inOrder } from '../outbox/entry.ts'
import { Outbox, UNRESOLVED } from '../outbox/outbox.ts'
import { keyError } from '../slack/check-key.ts'
import { type Channel, findChannel } from '../slack/directory.ts'
import type { ReachedChannel } from '../slack/reach-channel.ts'
import type { OtherFailure } from '../slack/slack-failure.ts'
import type { DeliveryContext, SlackLink } from './delivery-context.ts'
import { zeroFigures } from './figures.ts'
import { Lane } from './lane.ts'
import { WorkspacePace } from './workspace-pace.ts'

/** Key of the bot's conversations, by which events are routed while Slack cannot be reached. */
const DIRECTORY = 'directory'
/** Key of `reached`. */
const REACHED = 'reached'
/** Events of unknown channels by which their limit is passed before the oldest are dropped together. */
const OVER_SHARE = 1.1
/** Most names that events can ask for at a time. */
const UNKNOWN_MAX = 1000
/** Milliseconds between two looks for lanes of replicas that have ended. */
const SWEEP_MS = 60_000
const STOP_MS = 3000
const SETTLE_MS = 5000
/** Reasons that no longer hold once Slack lists the channel among those of the bot. */
const membership = new Set(['not_in_channel', 'channel_not_found', 'is_archived', 'is_inactive'])

export interface DelivererOptions {
  readonly store: Store
  readonly log: Logger
  readonly instance: string
  /** Milliseconds in which Slack may still carry out a request that was given up; default 5000. */
  readonly settleMs?: number
  readonly clock?: Clock
  /** Default: 1000 events, 2,000,000 characters. */
  readonly waitingMax?: WaitingMax
}

/** Delivers the outbox to Slack until it is stopped. Each channel has a lane, and no lane waits for another. */
export class Deliverer {
  readonly outbox: Outbox
  readonly mutes: Mutes
  readonly figures = zeroFigures()
  /** Channels in the params that the bot is not in, as the operator wrote them. */
  absent: readonly string[] = []
  /** Conversations of the bot; undefined until Slack has listed them once. */
  directory: readonly Channel[] | undefined
  /** Conversations that the bot can post to without being a member: direct messages, and public channels by id. */
  reached: readonly ReachedChannel[] = []
  /** Why a channel cannot be posted to, by the name as the operator wrote it. */
  readonly reasons = new Map<string, string>()
  /** Channels of waiting events that are not known, as a route gave them. */
  readonly unknown = new Set<string>()
  /** Called when `unknown` grows. */
  onUnknown: () => void = () => undefined
  /** Set while delivery is stopped. */
  halted: OtherFailure | undefined
  /** Count of the events whose channel is unknown, as this process knows it. */
  unresolved = 0
  /** Size of the events whose channel is unknown, as this process took them since the last bound. */
  #unresolvedSize = 0
  readonly #context: DeliveryContext
  readonly #ending = new AbortController()
  readonly #lanes = new Map<string, Lane>()
  readonly #sweeper: NodeJS.Timeout
  #link: SlackLink | undefined

  private constructor(
    { store, log, instance, settleMs = SETTLE_MS, clock = systemClock, waitingMax = defaultMax }: DelivererOptions,
    directory: readonly Channel[] | undefined,
    reached: readonly ReachedChannel[],
  ) {
    this.outbox = new Outbox(store, instance)
    this.mutes = new Mutes(store, clock)
    // Each lane adds a listener.
    setMaxListeners(0, this.#ending.signal)
    this.directory = directory
    this.reached = reached
    this.#context = {
      outbox: this.outbox,
      workspace: new WorkspacePace(),
      figures: this.figures,
      log,
      signal: this.#ending.signal,
      settleMs,
      clock,
      waitingMax,
      isMember: (channel) => this.directory?.some(({ id }) => id === channel) ?? false,
      link: () => (this.halted ? undefined : this.#link),
      halt: (failure) => this.halt(failure),
    }
    const onFailure = (error: unknown) => {
      if (!this.#ending.signal.aborted) log.warn('the outbox cannot be read', { error: String(error) })
    }
    this.#sweeper = setInterval(() => void this.#sweep().catch(onFailure), SWEEP_MS).unref()
  }

  /** Throws StoreError. */
  static async open(options: DelivererOptions): Promise<Deliverer> {
    const kept = await options.store.get(DIRECTORY)
    const reached = ((await options.store.get(REACHED)) ?? []) as unknown as readonly ReachedChannel[]
    return new Deliverer(options, kept as readonly Channel[] | undefined, reached)
  }

  /** Starts delivery with this access to Slack. */
  async deliver(link: SlackLink): Promise<void> {
    this.#link = link
    this.halted = undefined
    for (const lane of this.#lanes.values()) lane.refresh()
    await this.#sweep()
  }

  halt(failure: OtherFailure): void {
    if (this.halted?.reason !== failure.reason) {
      this.#context.log.error('Slack refuses the key: all messages wait until a config gives a valid one', {
        reason: failure.reason,
        error: keyError(failure).message,
      })
    }
    this.halted = failure
  }

  /** Stores the bot's present conversations, and delivers the events that waited for them. */
  async setDirectory(channels: readonly Channel[]): Promise<void> {
    this.directory = channels
    await this.outbox.store.set(
      DIRECTORY,
      channels.map(({ id, name }) => ({ id, name })),
    )
    await this.#resolve()
    await this.retryChannels(
      channels.map(({ id }) => id),
      membership,
    )
  }

  /** Stores a further conversation that the bot can post to, and delivers the events that waited for it. */
  async addReached(channel: ReachedChannel): Promise<void> {
    this.reached = [...this.reached.filter(({ wanted }) => wanted !== channel.wanted), channel]
    await this.outbox.store.set(
      REACHED,
      this.reached.map(({ id, name, wanted }) => ({ id, name, wanted })),
    )
    await this.#resolve()
  }

  /** The conversation that an operator means; undefined if the bot cannot post to it. */
  find(wanted: string): Channel | undefined {
    return findChannel(this.directory ?? [], wanted) ?? this.reached.find((channel) => channel.wanted === wanted)
  }

  /** Its name, or the id by which an operator names it; empty if it is unknown. */
  nameOf(channel: string): string {
    const isIt = ({ id }: Channel) => id === channel
    return this.directory?.find(isIt)?.name || (this.reached.find(isIt)?.wanted ?? '')
  }

  /** Makes an entry durable for a channel as an operator writes it, or for all (undefined). Throws StoreError. */
  async accept(wanted: string | undefined, entry: Entry): Promise<void> {
    const named = this.#channelsOf(wanted)
    const channels = named && (await this.#unmuted(named))
    const accepted = channels
      ? channels.map((channel) => this.lane(channel).accept(entry))
      : [this.outbox.accept(UNRESOLVED, { ...entry, wanted: wanted ?? '' })]
    for (const isNew of await Promise.all(accepted)) {
      if (isNew) this.figures.accepted += 1
      else this.figures.repeated += 1
      if (isNew && !channels) this.unresolved += 1
    }
    if (!channels) {
      this.#unresolvedSize += JSON.stringify(entry).length
      const { events, size } = this.#context.waitingMax
      const isOver = this.unresolved > events * OVER_SHARE || this.#unresolvedSize > size * OVER_SHARE
      if (isOver) await this.#boundUnresolved()
      this.#askFor(wanted)
    }
    // The channels may have become known during the write.
    if (!channels && this.#channelsOf(wanted)) await this.#resolve()
  }

  async #unmuted(channels: readonly string[]): Promise<readonly string[]> {
    const isMuted = await Promise.all(channels.map((channel) => this.mutes.isMuted(['channel', channel])))
    this.figures.muted += isMuted.filter(Boolean).length
    return channels.filter((_, index) => !isMuted[index])
  }

  get lanes(): Iterable<Lane> {
    return this.#lanes.values()
  }

  lane(channel: string): Lane {
    const known = this.#lanes.get(channel)
    if (known) return known
    const lane = new Lane(channel, this.#context)
    this.#lanes.set(channel, lane)
    return lane
  }

  /** Unparks the channels that are parked for one of these reasons (default any), and tries them again. */
  async retryChannels(channels: readonly string[], reasons?: ReadonlySet<string>): Promise<void> {
    for (const channel of await this.outbox.channels()) {
      if (channels.includes(channel) && (await this.outbox.unpark(channel, reasons))) this.lane(channel).refresh()
    }
  }

  /** Ends when the calls under way have ended, after 3 s at the latest. The store keeps the accepted events. */
  async stop(): Promise<void> {
    clearInterval(this.#sweeper)
    this.#ending.abort()
    for (const lane of this.#lanes.values()) lane.refresh()
    await endsWithin(Promise.all([...this.#lanes.values()].map((lane) => lane.ended)), STOP_MS)
  }

  #channelsOf(wanted: string | undefined): readonly string[] | undefined {
    if (!this.directory) return undefined
    if (wanted === undefined || wanted === '') {
      return this.directory.length > 0 ? this.directory.map(({ id }) => id) : undefined
    }
    const found = this.find(wanted)
    return found && [found.id]
  }

  /**
   * Moves entries whose channel has become known there, oldest first, because a lane may deliver before all are moved.
   */
  async #resolve(): Promise<void> {
    await this.outbox.hold(UNRESOLVED, this.#context.signal, async () => {
      await this.outbox.moveDropped((wanted) => this.#channelsOf(wanted))
      const entries = [...(await this.outbox.look(UNRESOLVED)).entries.values()].sort(inOrder)
      this.unresolved = entries.length
      this.unknown.clear()
      for (const entry of entries) {
        const channels = this.#channelsOf(entry.wanted)
        if (!channels) {
          this.#askFor(entry.wanted)
          continue
        }
        await this.outbox.move(entry, channels)
        this.unresolved -= 1
        for (const channel of channels) this.lane(channel).refresh()
      }
    })
  }

  /** Drops the oldest events of unknown channels beyond the limits. */
  async #boundUnresolved(): Promise<void> {
    await this.outbox.hold(UNRESOLVED, this.#context.signal, async () => {
      const { entries } = await this.outbox.look(UNRESOLVED)
      const extra = beyond(entries.values(), this.#context.waitingMax)
      await this.outbox.dropUnresolved(extra)
      this.unresolved = entries.size - extra.length
      this.#unresolvedSize = sizeOf(entries.values()) - sizeOf(extra)
      this.figures.dropped += extra.length
      const names = [...new Set(extra.map(({ wanted }) => wanted || 'all'))]
      const text = 'the oldest events of channels that the bot cannot post to were dropped'
      if (extra.length > 0) this.#context.log.warn(text, { channels: names, dropped: extra.length })
    })
  }

  #askFor(wanted = ''): void {
    if (wanted === '' || this.unknown.has(wanted) || this.unknown.size >= UNKNOWN_MAX) return
    this.unknown.add(wanted)
    this.onUnknown()
  }

  async #sweep(): Promise<void> {
    for (const channel of await this.outbox.channels()) if (channel !== UNRESOLVED) this.lane(channel).refresh()
  }
}
