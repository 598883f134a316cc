import type { DeadLetter, EventHandler, Presence, RequestOptions, StopOptions, SubscribeOptions } from './bus.ts'
import type { BusEvent } from './bus-event.ts'
import type { BusFigures, BusState } from './bus-figures.ts'
import type { EventPattern } from './event-pattern.ts'
import type { PresenceBoard } from './presence-board.ts'
import type { RequestQueue } from './requests/request-queue.ts'

/** An event on its way into the bus. */
export interface Publication {
  readonly event: BusEvent
  /** As JSON. */
  readonly text: string
  readonly requestId: string | undefined
  readonly timeoutMs: number
  readonly deferSync?: boolean
  /** A dead letter that is tried again: the name that it is for, and when it became one. */
  readonly again?: { readonly durable: string; readonly time: string }
}

/** Dead letters by durable name. */
export interface LetterBox {
  list(durable: string): Promise<DeadLetter[]>
  /** Takes it out once `use`, if any, is done with it. False where there is none. */
  take(durable: string, id: string, use?: (letter: DeadLetter) => Promise<void>): Promise<boolean>
}

/** What makes one bus differ from another; arguments are checked already. Any error is taken for a failure of the bus. */
export interface BusDriver {
  readonly state: BusState
  connected(): Promise<void>
  publish(publication: Publication): Promise<void>
  /** Gives what ends it. */
  subscribe(options: SubscribeOptions, handler: EventHandler): Promise<(options: StopOptions) => Promise<void>>
  provideDurable(durable: string, match: readonly EventPattern[]): Promise<boolean>
  forget(durable: string): Promise<void>
  letters(): Promise<LetterBox>
  /** Live events that the pattern takes, and perhaps others. Gives what ends it. */
  listen(pattern: EventPattern, onEvent: (event: BusEvent) => void): Promise<() => void>
  request(subject: readonly string[], body: unknown, options: RequestOptions): Promise<unknown>
  /** Gives what ends it: then the queue gets nothing more. */
  serve(subject: readonly string[], group: string, queue: RequestQueue): Promise<() => Promise<void>>
  /** Gives what ends it. */
  announce(presence: Presence): Promise<() => void>
  board(): Promise<PresenceBoard>
  figures(): Promise<Omit<BusFigures, 'state' | 'published' | 'watches' | 'served'>>
  close(timeoutMs: number): Promise<void>
}
