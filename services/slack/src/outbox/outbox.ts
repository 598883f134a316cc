import type { Json, Lock, Store } from '@powerbus/store'
import { addDropped, type DroppedEvents, droppedNotice } from './dropped-events.ts'
import type { Entry } from './entry.ts'
import { emptyLane, type LaneContents, type LaneState } from './lane-contents.ts'
import type { MessageRecord } from './message-record.ts'

/** Lane of the entries whose channel is unknown. */
export const UNRESOLVED = 'unresolved'

const LANES = 'lane/'
/** Events dropped for each channel that is unknown. */
const DROPPED = 'dropped/'
const LOCK_MS = 30_000

/** Keys in the store of a channel's lane. */
export function laneKeys(channel: string) {
  const lock = `${LANES}{${channel}}`
  return {
    lock,
    prefix: `${lock}/`,
    entry: (id: string) => `${lock}/e/${id}`,
    message: (id: string) => `${lock}/m/${id}`,
    thread: (subject: string) => `${lock}/t/${subject}`,
    state: `${lock}/state`,
    /** Marks an event that a message in Slack has. */
    seen: (id: string) => `seen/${channel}/${id}`,
  }
}

export type LaneKeys = ReturnType<typeof laneKeys>

/**
 * The durable outbox, with a lane for each channel. The process that delivers a channel holds its lock (`HeldLane`).
 */
export class Outbox {
  readonly store: Store
  readonly #instance: string

  /** `instance`: name of this process, which owns its locks. */
  constructor(store: Store, instance: string) {
    this.store = store
    this.#instance = instance
  }

  /** Does the work while this process holds the lane's lock. Throws LOCK_HELD after 30 s, and StoreError. */
  async hold<T>(channel: string, signal: AbortSignal, work: (lock: Lock) => Promise<T>): Promise<T> {
    const { lock: key } = laneKeys(channel)
    const owner = { instance: this.#instance }
    const lock = await this.store.lock({ key, owner, ttlMs: LOCK_MS, waitMs: LOCK_MS, signal })
    try {
      return await work(lock)
    } finally {
      await lock.release()
    }
  }

  /** Makes the entry durable. False for an event that is in the lane or was delivered. Throws StoreError. */
  async accept(channel: string, entry: Entry): Promise<boolean> {
    const keys = laneKeys(channel)
    const key = keys.entry(entry.id)
    if (!(await this.store.compareAndSet(key, undefined, asJson(entry)))) return false
    // `finish` sets the mark before it removes the entry, so a repeated event always meets one of them.
    if ((await this.store.get(keys.seen(entry.id))) === undefined) return true
    await this.store.delete(key)
    return false
  }

  /**
   * Reads the stored lane into `lane`, without the entries for which `isOurs`, since their writers add them. Gives the
   * ids of entries that a message already has, because its process was killed before it removed them.
   */
  async load(lane: LaneContents, isOurs: (id: string) => boolean): Promise<readonly string[]> {
    const { prefix } = laneKeys(lane.channel)
    for await (const { key, value } of this.store.scan(prefix)) {
      const [, kind, id = ''] = /^([^/]*)\/?(.*)$/s.exec(key.slice(prefix.length)) ?? []
      if (kind === 'e') {
        if (!isOurs(id) && !lane.entries.has(id)) lane.entries.set(id, value as unknown as Entry)
      } else if (kind === 'm') lane.records.set(id, value as unknown as MessageRecord)
      else if (kind === 't') lane.threads.set(id, value as string)
      else if (kind === 'state') lane.state = value as unknown as LaneState
    }
    const done = [...lane.records.values()].flatMap(({ state, batch }) => (state === 'sending' ? [] : batch))
    return done.filter((id) => lane.entries.delete(id))
  }

  /** Reads a lane without its lock. */
  async look(channel: string): Promise<LaneContents> {
    const lane = emptyLane(channel)
    await this.load(lane, () => false)
    return lane
  }

  /** Ids of the channels that have a lane. */
  async channels(): Promise<readonly string[]> {
    const found = new Set<string>()
    for await (const { key } of this.store.scan(LANES)) {
      const channel = /^lane\/\{([^}]+)\}\//.exec(key)?.[1]
      if (channel !== undefined) found.add(channel)
    }
    return [...found]
  }

  /**
   * Unparks a channel that is parked for one of these reasons (default any). The caller must then `reload` its lane.
   */
  async unpark(channel: string, reasons?: ReadonlySet<string>): Promise<boolean> {
    const key = laneKeys(channel).state
    const kept = await this.store.get(key)
    const state = kept as unknown as LaneState | undefined
    if (!state?.parked || reasons?.has(state.parked.reason) === false) return false
    const { parked: _, ...rest } = state
    return await this.store.compareAndSet(key, kept, Object.keys(rest).length > 0 ? asJson(rest) : undefined)
  }

  /** Puts a parked message back. False if it is not parked. */
  async retry(channel: string, id: string): Promise<boolean> {
    const key = laneKeys(channel).message(id)
    const kept = await this.store.get(key)
    const record = kept as unknown as MessageRecord | undefined
    if (record?.state !== 'parked') return false
    const { reason: _, ...rest } = record
    return await this.store.compareAndSet(key, kept, asJson({ ...rest, state: 'waiting', batch: [] }))
  }

  /** Drops entries whose channel is unknown, and counts them for each channel as the operator wrote it. */
  async dropUnresolved(entries: readonly Entry[]): Promise<void> {
    for (const wanted of new Set(entries.map((entry) => entry.wanted ?? ''))) {
      const ofChannel = entries.filter((entry) => (entry.wanted ?? '') === wanted)
      const key = `${DROPPED}${wanted}`
      const before = (await this.store.get(key)) as unknown as DroppedEvents | undefined
      const dropped = addDropped(before, ofChannel, 'the bot could not post to it')
      await this.store.set(key, { ...dropped })
      for (const { id } of ofChannel) await this.store.delete(laneKeys(UNRESOLVED).entry(id))
    }
  }

  /** Gives the channels that have become known the notice of what was dropped. */
  async moveDropped(channelsOf: (wanted: string) => readonly string[] | undefined): Promise<void> {
    for await (const { key, value } of this.store.scan(DROPPED)) {
      const channels = channelsOf(key.slice(DROPPED.length))
      if (!channels) continue
      const dropped = value as unknown as DroppedEvents
      await Promise.all(channels.map((channel) => this.accept(channel, droppedNotice(channel, dropped))))
      await this.store.delete(key)
    }
  }

  /** Moves an entry whose channel has become known. */
  async move(entry: Entry, channels: readonly string[]): Promise<void> {
    const { wanted: _, ...known } = entry
    await Promise.all(channels.map((channel) => this.accept(channel, known)))
    await this.store.delete(laneKeys(UNRESOLVED).entry(entry.id))
  }
}

/** These values are JSON; their types cannot say so because of optional fields. */
export function asJson(value: Entry | MessageRecord | LaneState): Json {
  return value as unknown as Json
}
