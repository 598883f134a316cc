import type { Fence, Json, Store } from '@powerbus/store'
import type { Entry } from './entry.ts'
import { emptyLane, type LaneContents } from './lane-contents.ts'
import type { LaneState } from './lane-state.ts'
import type { MessageRecord } from './message-record.ts'

/** The lane of entries whose channel is not known yet. */
export const UNRESOLVED = 'unresolved'

const LANES = 'lane/'
/** How long an event that comes again is known, in milliseconds. */
const SEEN_MS = 24 * 3_600_000
/** How long a thread goes on, in milliseconds. */
const THREAD_MS = 24 * 3_600_000

/**
 * The durable outbox. Keys of a channel's lane: `lane/{CHANNEL}/e/ID` an entry, `m/ID` a message, `t/SUBJECT` a thread, `state`; and
 * `seen/CHANNEL/ID` of what is done. Whoever delivers a channel holds the lock `lane/{CHANNEL}`, and writes with its fence.
 */
export class Outbox {
  readonly store: Store

  constructor(store: Store) {
    this.store = store
  }

  /** Durable when it is fulfilled. False where this event is in the lane or was delivered already. */
  async accept(channel: string, entry: Entry): Promise<boolean> {
    const key = entryKey(channel, entry.id)
    if (!(await this.store.compareAndSet(key, undefined, asJson(entry)))) return false
    // What is done is marked before its entry goes: so it shows here, however late the event comes again.
    if ((await this.store.get(seenKey(channel, entry.id))) === undefined) return true
    await this.store.delete(key)
    return false
  }

  /**
   * Fills `lane` with what is kept; `isOurs` tells of entries that are on their way into it by themselves. Gives the ids of entries that are
   * in a message already: whoever recorded it was killed before they were removed.
   */
  async load(channel: string, lane: LaneContents, isOurs: (id: string) => boolean): Promise<readonly string[]> {
    const prefix = lanePrefix(channel)
    for await (const { key, value } of this.store.scan(prefix)) {
      const [kind, id = ''] = split(key.slice(prefix.length))
      if (kind === 'e') {
        if (!isOurs(id) && !lane.entries.has(id)) lane.entries.set(id, value as unknown as Entry)
      } else if (kind === 'm') lane.records.set(id, value as unknown as MessageRecord)
      else if (kind === 't') lane.threads.set(id, value as string)
      else if (kind === 'state') lane.state = value as unknown as LaneState
    }
    const done = [...lane.records.values()].flatMap(({ state, batch }) => (state === 'sending' ? [] : batch))
    return done.filter((id) => lane.entries.delete(id))
  }

  /** Reads a lane for those who only want to know. */
  async look(channel: string): Promise<LaneContents> {
    const lane = emptyLane()
    await this.load(channel, lane, () => false)
    return lane
  }

  /** The channels that have a lane. */
  async channels(): Promise<readonly string[]> {
    const found = new Set<string>()
    for await (const { key } of this.store.scan(LANES)) {
      const channel = /^lane\/\{([^}]+)\}\//.exec(key)?.[1]
      if (channel !== undefined) found.add(channel)
    }
    return [...found]
  }

  async writeRecord(channel: string, record: MessageRecord, fence: Fence): Promise<void> {
    await this.store.set(`${lanePrefix(channel)}m/${record.id}`, asJson(record), { fence })
  }

  async deleteRecord(channel: string, id: string, fence: Fence): Promise<void> {
    await this.store.delete(`${lanePrefix(channel)}m/${id}`, { fence })
  }

  async writeState(channel: string, state: LaneState, fence: Fence): Promise<void> {
    const key = `${lanePrefix(channel)}state`
    if (Object.keys(state).length === 0) await this.store.delete(key, { fence })
    else await this.store.set(key, asJson(state), { fence })
  }

  /** Takes off what holds a whole channel, if it is for one of these reasons (or any). A turn that is under way must be told. */
  async unpark(channel: string, reasons?: ReadonlySet<string>): Promise<boolean> {
    const key = `${lanePrefix(channel)}state`
    const kept = await this.store.get(key)
    const state = kept as unknown as LaneState | undefined
    if (!state?.parked || reasons?.has(state.parked.reason) === false) return false
    const { parked: _, ...rest } = state
    return await this.store.compareAndSet(key, kept, Object.keys(rest).length > 0 ? asJson(rest) : undefined)
  }

  /** Puts a parked message back. False where it is not parked (any more). */
  async retry(channel: string, id: string): Promise<boolean> {
    const key = `${lanePrefix(channel)}m/${id}`
    const kept = await this.store.get(key)
    const record = kept as unknown as MessageRecord | undefined
    if (record?.state !== 'parked') return false
    const { reason: _, ...rest } = record
    return await this.store.compareAndSet(key, kept, asJson({ ...rest, state: 'waiting', batch: [] }))
  }

  async writeThread(channel: string, thread: string, ts: string, fence: Fence): Promise<void> {
    await this.store.set(`${lanePrefix(channel)}t/${thread}`, ts, { fence, ttlMs: THREAD_MS })
  }

  async deleteThread(channel: string, thread: string, fence: Fence): Promise<void> {
    await this.store.delete(`${lanePrefix(channel)}t/${thread}`, { fence })
  }

  /** The entries are done: known for a day, and gone. */
  async finish(channel: string, ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.store.set(seenKey(channel, id), 1, { ttlMs: SEEN_MS })))
    await Promise.all(ids.map((id) => this.store.delete(entryKey(channel, id))))
  }

  /** Moves an entry whose channel has become known. */
  async move(entry: Entry, channels: readonly string[]): Promise<void> {
    const { wanted: _, ...known } = entry
    await Promise.all(channels.map((channel) => this.accept(channel, known)))
    await this.store.delete(entryKey(UNRESOLVED, entry.id))
  }
}

/** What a lane's lock is called. */
export function laneLock(channel: string): string {
  return `${LANES}{${channel}}`
}

function lanePrefix(channel: string): string {
  return `${LANES}{${channel}}/`
}

function entryKey(channel: string, id: string): string {
  return `${lanePrefix(channel)}e/${id}`
}

function seenKey(channel: string, id: string): string {
  return `seen/${channel}/${id}`
}

function split(rest: string): readonly [string, string?] {
  const slash = rest.indexOf('/')
  return slash < 0 ? [rest] : [rest.slice(0, slash), rest.slice(slash + 1)]
}

/** What is written is JSON by its shape; its type cannot say so because of its optional fields. */
function asJson(value: Entry | MessageRecord | LaneState): Json {
  return value as unknown as Json
}
