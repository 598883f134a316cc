import type { BusEvent } from './bus-event.ts'
import type { BusFigures, BusState } from './bus-figures.ts'
import type { EventPattern } from './event-pattern.ts'
import type { TraceContext } from './requests/trace-context.ts'

/**
 * Carries events and requests. Every driver keeps these promises, and the conformance suite checks them. What comes out
 * is a copy of its receiver's own. Methods reject with a `BusError`; after `close`, with CLOSED.
 */
export interface Bus {
  /** What it knows about itself without asking anybody. */
  readonly state: BusState
  /**
   * Fulfilled once it is connected for the first time; until then events are taken as during an outage, and other calls wait.
   * Rejects with UNAUTHORISED, and with UNAVAILABLE after `connectTimeoutMs`: then all calls but `publish` and `close` reject so.
   */
  connected(): Promise<void>
  /**
   * Fulfilled once the event is durable, and then every durable subscription that matches gets it at least once. An id
   * that was published within the dedupe window (two minutes) is not published again, and that is no error. Rejected
   * with TIMEOUT, OVERLOADED or UNAVAILABLE it may be published or not: publish it again with the same id.
   * Events that one caller publishes one after another keep their order.
   */
  publish(event: BusEvent, options?: PublishOptions): Promise<void>
  /**
   * Gives events to the handler until each is acknowledged, that is, until the handler's promise is fulfilled. The
   * first `subscribe` of a name decides from when on events are kept for it: from then on, whether or not it is
   * subscribed. Several subscriptions of one name, in one process or many, share its events.
   *
   * New patterns replace those of the name before: from then on they decide which events are kept, beginning after the last
   * one that was given out. Subscriptions of replaced patterns finish what they hold and stand by; they are given events
   * again when no subscription of the new patterns is there any more.
   *
   * A rejected promise, or one that takes longer than `timeoutMs`, is followed by another delivery after a back-off;
   * after `deliveriesMax` the event becomes a dead letter. Events of one key (Type and Key) are handled one after another in
   * their order, a failing one before the next, within one subscription; other keys go on meanwhile. A subscriber that
   * dies loses nothing: its events go to another, or to the next one of that name; those are repeats where it had done
   * its work but not yet acknowledged. No subscription holds up another one, nor a publisher.
   */
  subscribe(options: SubscribeOptions, handler: EventHandler): Promise<Subscription>
  /**
   * Makes what the bus keeps for a durable name with these patterns, as `subscribe` does, for a subscriber that may not. False
   * where newer patterns are in charge and subscribed.
   */
  provideDurable(durable: string, match: readonly EventPattern[]): Promise<boolean>
  /** Ends a durable name: nothing is kept for it any longer. Subscriptions of it must be stopped before. */
  forget(durable: string): Promise<void>
  /** What could not be handled, oldest first. */
  deadLetters(durable: string): Promise<readonly DeadLetter[]>
  /** Gives a dead letter to its subscription once more. False where there is none of that id. */
  retryDeadLetter(durable: string, id: string): Promise<boolean>
  /** False where there is none of that id. */
  dropDeadLetter(durable: string, id: string): Promise<boolean>
  /**
   * Live events only, each at most once: nothing is kept while nobody watches. The handler is called for one event
   * after another; while it is busy, up to `bufferMax` wait, and then the oldest is dropped and counted.
   */
  watch(options: WatchOptions, handler: (event: BusEvent) => void | Promise<void>): Promise<Watch>
  /**
   * Asks whoever serves the subject and gives the answer. Rejects with NO_RESPONDERS at once where nobody does, TIMEOUT
   * at the deadline (the work may have been done), REFUSED with the server's status and body, ABORTED, OVERLOADED.
   */
  request(subject: readonly string[], body: unknown, options: RequestOptions): Promise<unknown>
  /**
   * Answers requests. Each goes to one server of a group, in whatever process. A part `*` of the subject takes any. The
   * signal of a request ends at its caller's deadline; one whose deadline has passed while it waited is not begun.
   */
  serve(subject: readonly string[], handler: RequestHandler, options?: ServeOptions): Promise<Served>
  /** Says that something is there, until `stop`, `close` or the death of this process. */
  announce(presence: Presence): Promise<Announcement>
  /** Who is there now. One that died is gone after three missed heartbeats. */
  present(kind?: string): Promise<readonly Presence[]>
  /** Calls the listener for everyone who is there, and then for every change. */
  watchPresence(listener: (change: PresenceChange) => void): Promise<Stoppable>
  figures(): Promise<BusFigures>
  /** Refuses what is new, finishes and answers what was accepted (up to `timeoutMs`, 60 000), and lets go. May be called twice. */
  close(options?: StopOptions): Promise<void>
}

export interface PublishOptions {
  /** Correlation id; header `X-Request-Id`. */
  readonly requestId?: string
  /** For an event that cannot be made durable at once: 30 000. */
  readonly timeoutMs?: number
  /** True: in-process, the event survives a kill of this process, but a power cut only from the next event on. */
  readonly deferSync?: boolean
}

export interface SubscribeOptions {
  /** 1..64 characters: letters, digits, `-` and `_`. */
  readonly durable: string
  /** One at least; 4000 bytes of JSON at most. */
  readonly match: readonly EventPattern[]
  /** Handlers that run at a time; 16. */
  readonly concurrency?: number
  /** Events that are held, running ones among them; 1000. */
  readonly inFlight?: number
  /** 1..; 5. */
  readonly deliveriesMax?: number
  /** Pause after the first, second, ... failed delivery; the last one repeats. 1 s, 5 s, 15 s, 60 s. */
  readonly backoffMs?: readonly number[]
  /** A delivery that takes longer has failed, and its signal ends; 60 000. */
  readonly timeoutMs?: number
  /** Without a sign of life of a subscriber for so long, its events go to another; 30 000. One value for all of a name. */
  readonly aliveMs?: number
}

export interface Delivery {
  /** Ends at `timeoutMs`, and when a stop has waited long enough. */
  readonly signal: AbortSignal
  /** How many times this event was given to a handler of this name, this time included. */
  readonly deliveries: number
  readonly requestId: string | undefined
}

export type EventHandler = (event: BusEvent, delivery: Delivery) => Promise<void>

export interface StopOptions {
  /** How long to wait for what is running before its signal ends. */
  readonly timeoutMs?: number
}

export interface Stoppable {
  /** May be called twice. */
  stop(): Promise<void>
}

export interface Subscription {
  readonly durable: string
  /** Begins nothing new and waits for the handlers that run (`timeoutMs` 30 000); what is left goes to others or to the next one. */
  stop(options?: StopOptions): Promise<void>
}

export interface DeadLetter {
  readonly event: BusEvent
  readonly requestId: string | undefined
  readonly reason: string
  readonly deliveries: number
  /** RFC 3339. */
  readonly time: string
}

export interface WatchOptions {
  readonly match: readonly EventPattern[]
  /** 1000. */
  readonly bufferMax?: number
}

export interface Watch extends Stoppable {
  /** Events that were dropped because the handler was busy. */
  readonly dropped: number
}

export interface RequestOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly requestId?: string
  /** Headers `traceparent` and `tracestate`. */
  readonly trace?: TraceContext | undefined
}

export interface BusRequest {
  readonly subject: readonly string[]
  readonly body: unknown
  readonly requestId: string | undefined
  readonly trace?: TraceContext | undefined
  /** Ends at the caller's deadline, and when a stop has waited long enough. */
  readonly signal: AbortSignal
}

/** What it gives is the answer; a `Refusal` that it throws is the caller's REFUSED, anything else a REFUSED of status 500. */
export type RequestHandler = (request: BusRequest) => Promise<unknown>

export interface ServeOptions {
  /** `powerbus`. */
  readonly group?: string
  /** Handlers that run at a time; 64. */
  readonly concurrency?: number
  /** Requests that wait for their turn; the next one is answered with OVERLOADED. 10 000. */
  readonly waitingMax?: number
}

export interface Served {
  /** Takes nothing new, finishes and answers what was accepted (`timeoutMs` 30 000). */
  stop(options?: StopOptions): Promise<void>
}

export interface Presence {
  /** `plugin`, `endpoint`. */
  readonly kind: string
  readonly name: string
  /** Tells replicas apart; unique for each start of a process. */
  readonly instance: string
  readonly version: string
  /** Anything else that JSON can say. */
  readonly detail?: unknown
}

export interface PresenceChange {
  readonly change: 'here' | 'gone'
  readonly presence: Presence
}

export interface Announcement extends Stoppable {
  readonly presence: Presence
}
