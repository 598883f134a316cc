import type { VirtualClock } from '../virtual-clock.ts'
import { SlackRefusal } from './slack-refusal.ts'

export interface ChannelOptions {
  readonly name: string
  readonly id?: string
  readonly isPrivate?: boolean
  /** Whether the bot is a member; default true. */
  readonly isMember?: boolean
  readonly isArchived?: boolean
}

/** A channel. A test changes the fields to archive it or to remove the bot. */
export interface FakeChannel {
  readonly id: string
  name: string
  isPrivate: boolean
  isMember: boolean
  isArchived: boolean
  /** The user of a direct message with the bot. */
  readonly user?: string
}

export interface MessageContent {
  readonly text: string
  readonly blocks: readonly Readonly<Record<string, unknown>>[]
  readonly metadata: unknown
}

/** One message with its history. Times are milliseconds since 1970. */
export interface FakeMessage {
  readonly channel: string
  readonly ts: string
  /** `ts` of the parent message, for a message in a thread. */
  readonly threadTs: string | undefined
  /** An answer that stands in the channel too (`reply_broadcast`). */
  readonly isBroadcast: boolean
  readonly postedAtMs: number
  /** Present content. */
  content: MessageContent
  /** Contents that `chat.update` set, oldest first. */
  readonly edits: (MessageContent & { readonly atMs: number })[]
  isDeleted: boolean
}

/** A message that only one user sees. */
export interface FakeEphemeral {
  readonly channel: string
  readonly user: string
  readonly threadTs: string | undefined
  readonly text: string
  readonly atMs: number
}

export interface FakeUser {
  readonly id: string
  readonly name: string
  readonly realName?: string
  readonly isBot?: boolean
  isDeleted?: boolean
}

/** The content of one Slack workspace, and the bot that posts to it. */
export class SlackWorkspace {
  readonly teamId = 'T0POWERBUS'
  readonly team = 'Powerbus test'
  readonly appId = 'A0POWERBUS'
  readonly botUserId = 'U0POWERBOT'
  readonly botId = 'B0POWERBOT'
  readonly channels: FakeChannel[] = []
  readonly users: FakeUser[] = []
  /** User ids by the id of their user group. */
  readonly userGroups = new Map<string, string[]>()
  /** Messages of all channels, in order of posting. */
  readonly messages: FakeMessage[] = []
  readonly ephemerals: FakeEphemeral[] = []
  /** Clock of the whole fake; undefined: the system's. */
  readonly clock: VirtualClock | undefined
  readonly #byTs = new Map<string, FakeMessage>()
  readonly #answers = new Map<string, FakeMessage[]>()
  #lastTsMicros = 0

  constructor(clock?: VirtualClock) {
    this.clock = clock
    this.users.push({ id: this.botUserId, name: 'powerbus', isBot: true })
  }

  /** Milliseconds since 1970. */
  dateMs(): number {
    return this.clock?.dateMs() ?? Date.now()
  }

  addChannel({ name, id, isPrivate = false, isMember = true, isArchived = false }: ChannelOptions): FakeChannel {
    const number = String(this.channels.length + 1).padStart(8, '0')
    const channel = { id: id ?? `C0${number}`, name, isPrivate, isMember, isArchived }
    this.channels.push(channel)
    return channel
  }

  /** The direct message of the bot with a user, opened if there is none yet. */
  openDirect(user: string): FakeChannel {
    const known = this.channels.find((channel) => channel.user === user)
    if (known) return known
    const channel = { id: `D0${user}`, name: '', isPrivate: true, isMember: true, isArchived: false, user }
    this.channels.push(channel)
    return channel
  }

  /** A channel by id, `name` or `#name`. Throws Error if there is none; for tests, not for API methods. */
  channel(nameOrId: string): FakeChannel {
    const found = this.findChannel(nameOrId)
    if (!found) throw new Error(`the fake Slack has no channel ${nameOrId}`)
    return found
  }

  findChannel(nameOrId: string): FakeChannel | undefined {
    const name = nameOrId.replace(/^#/, '')
    return this.channels.find((channel) => channel.id === nameOrId || channel.name === name)
  }

  /** Messages of one channel, threads included, oldest first, without deleted ones. */
  messagesIn(nameOrId: string): readonly FakeMessage[] {
    const { id } = this.channel(nameOrId)
    return this.messages.filter(({ channel, isDeleted }) => channel === id && !isDeleted)
  }

  findMessage(channel: string, ts: string): FakeMessage | undefined {
    const found = this.#byTs.get(`${channel}/${ts}`)
    return found?.isDeleted ? undefined : found
  }

  /** Answers in the thread of a message, oldest first, without deleted ones. */
  answersTo({ channel, ts }: Pick<FakeMessage, 'channel' | 'ts'>): readonly FakeMessage[] {
    return (this.#answers.get(`${channel}/${ts}`) ?? []).filter(({ isDeleted }) => !isDeleted)
  }

  post(channel: string, content: MessageContent, threadTs?: string, isBroadcast = false): FakeMessage {
    const ts = this.nextTs()
    const postedAtMs = this.dateMs()
    const message = { channel, ts, threadTs, isBroadcast, content, postedAtMs, edits: [], isDeleted: false }
    this.messages.push(message)
    this.#byTs.set(`${channel}/${ts}`, message)
    if (threadTs !== undefined) {
      const key = `${channel}/${threadTs}`
      this.#answers.set(key, [...(this.#answers.get(key) ?? []), message])
    }
    return message
  }

  /** Replaces text, blocks and metadata. Throws the refusal `message_not_found`. */
  edit(channel: string, ts: string, content: MessageContent): FakeMessage {
    const message = this.findMessage(channel, ts)
    if (!message) throw new SlackRefusal('message_not_found')
    message.content = content
    message.edits.push({ ...content, atMs: this.dateMs() })
    return message
  }

  /** A new `ts`: seconds since 1970 with six decimals, later than the one before. */
  nextTs(): string {
    this.#lastTsMicros = Math.max(this.#lastTsMicros + 1, this.dateMs() * 1000)
    const digits = String(this.#lastTsMicros)
    return `${digits.slice(0, -6)}.${digits.slice(-6)}`
  }
}
