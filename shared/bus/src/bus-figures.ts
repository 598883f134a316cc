export type BusState = 'connected' | 'reconnecting' | 'closed'

/** Plain numbers for metrics. Counters begin at 0 with the process. */
export interface BusFigures {
  readonly driver: 'in-process' | 'nats'
  readonly state: BusState
  /** Whether published events outlive this process. */
  readonly durable: boolean
  readonly published: number
  readonly reconnects: number
  /** Events that are not durable yet, or kept until the bus is back. */
  readonly outbox: { readonly events: number; readonly bytes: number }
  /** Events that limits of age or number took away before every subscription had handled them. */
  readonly expired: number
  readonly subscriptions: readonly SubscriptionFigures[]
  readonly watches: readonly WatchFigures[]
  readonly served: readonly ServedFigures[]
}

export interface SubscriptionFigures {
  readonly durable: string
  /** Events that wait for this name, not yet held by any of its subscriptions. */
  readonly lag: number
  /** Events held here, running ones among them. */
  readonly held: number
  readonly running: number
  readonly handled: number
  /** Deliveries that failed. */
  readonly failed: number
  /** Events that became dead letters. */
  readonly dead: number
}

export interface WatchFigures {
  readonly buffered: number
  readonly dropped: number
}

export interface ServedFigures {
  /** Parts joined by dots, as on the bus. */
  readonly subject: string
  readonly running: number
  readonly waiting: number
  readonly requests: number
  readonly errors: number
}
