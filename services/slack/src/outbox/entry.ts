import type { RenderedEvent } from '../render/rendered-event.ts'

/** One accepted event for one channel, until a message that has it is in Slack. */
export interface Entry {
  /** Of the event (`eventIdentity`). */
  readonly id: string
  /** When it was accepted, milliseconds since 1970, and its place among those of one process. */
  readonly atMs: number
  readonly place: number
  /** What it is about; the messages about it are posted in the order of their events. */
  readonly subject: string
  /** Entries of one group and window are one message. */
  readonly group: string
  /** Milliseconds in which the group's events are one message. */
  readonly windowMs: number
  /** The message waits for the end of the window, and is about all machines. */
  readonly isDigest: boolean
  /** Whose thread it belongs into; absent: no thread. */
  readonly thread?: string
  readonly mention?: string
  /** Milliseconds since 1970: held until then. */
  readonly notBeforeMs?: number
  readonly event: RenderedEvent
  /** The channel as an operator wrote it, while it is not known which one that is; empty: all that the bot is in. */
  readonly wanted?: string
}

/** Where an entry stands among those of its channel. */
export type Place = Pick<Entry, 'atMs' | 'place'>

export function inOrder(one: Place, other: Place): number {
  return one.atMs - other.atMs || one.place - other.place
}
