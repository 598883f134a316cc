/** Name, type, help and labels of a metric. docs/serving.md has the same list. */
export interface MetricFacts {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

/**
 * Metrics updated as actions begin and end. Label `driver`: the param PLUGIN/mode; label `code`: OK or an error code.
 */
export const actionMetrics = {
  total: {
    name: 'powerbus_actions_total',
    type: 'counter',
    help: 'Ended actions, by result code',
    labels: ['plugin', 'command', 'driver', 'code'],
  },
  refused: {
    name: 'powerbus_action_requests_refused_total',
    type: 'counter',
    help: 'Requests refused before an action began: unknown command or invalid params',
    labels: ['plugin', 'code'],
  },
  seconds: {
    name: 'powerbus_action_duration_seconds',
    type: 'histogram',
    help: 'Time from accepting an action to its result',
    labels: ['plugin', 'command', 'driver'],
  },
  running: {
    name: 'powerbus_actions_running',
    type: 'gauge',
    help: 'Actions running now',
    labels: ['plugin'],
  },
  retries: {
    name: 'powerbus_action_retries_total',
    type: 'counter',
    help: 'Commands that an action sent again, if its result has Attempts',
    labels: ['plugin', 'command', 'driver'],
  },
} as const satisfies Record<string, MetricFacts>

/** Metrics read at each scrape. */
export const readMetrics = {
  info: { name: 'powerbus_plugin_info', type: 'gauge', help: 'Always 1', labels: ['plugin', 'version', 'instance'] },
  ready: { name: 'powerbus_ready', type: 'gauge', help: '1 if /readyz answers 200, else 0', labels: ['plugin'] },
  waiting: {
    name: 'powerbus_actions_waiting',
    type: 'gauge',
    help: 'Actions from the bus that wait for their turn in this process',
    labels: ['plugin'],
  },
  connected: {
    name: 'powerbus_bus_connected',
    type: 'gauge',
    help: '1 while connected to the bus, else 0',
    labels: ['driver'],
  },
  reconnects: {
    name: 'powerbus_bus_reconnects_total',
    type: 'counter',
    help: 'Reconnections to the bus',
    labels: [],
  },
  published: {
    name: 'powerbus_bus_published_total',
    type: 'counter',
    help: 'Events that the bus has stored',
    labels: [],
  },
  outboxEvents: {
    name: 'powerbus_bus_outbox_events',
    type: 'gauge',
    help: 'Events that wait in this process until the bus has stored them',
    labels: [],
  },
  outboxBytes: {
    name: 'powerbus_bus_outbox_bytes',
    type: 'gauge',
    help: 'Bytes of the events in the outbox',
    labels: [],
  },
  expired: {
    name: 'powerbus_bus_expired_total',
    type: 'counter',
    help: 'Events that the limits of age or number deleted before they were handled',
    labels: [],
  },
  lag: {
    name: 'powerbus_bus_lag_events',
    type: 'gauge',
    help: 'Events that wait for a durable consumer, over all replicas',
    labels: ['durable'],
  },
  held: {
    name: 'powerbus_bus_held_events',
    type: 'gauge',
    help: 'Events delivered to this process and not yet handled',
    labels: ['durable'],
  },
  handled: {
    name: 'powerbus_bus_handled_total',
    type: 'counter',
    help: 'Events handled by this process',
    labels: ['durable'],
  },
  failed: {
    name: 'powerbus_bus_failed_total',
    type: 'counter',
    help: 'Failed deliveries in this process, which are repeated',
    labels: ['durable'],
  },
  dead: {
    name: 'powerbus_bus_dead_total',
    type: 'counter',
    help: 'Events given up as dead letters',
    labels: ['durable'],
  },
  requests: {
    name: 'powerbus_bus_requests_total',
    type: 'counter',
    help: 'Requests received from the bus',
    labels: ['subject'],
  },
  requestErrors: {
    name: 'powerbus_bus_request_errors_total',
    type: 'counter',
    help: 'Requests from the bus answered with an error',
    labels: ['subject'],
  },
  outboxLost: {
    name: 'powerbus_events_lost_total',
    type: 'counter',
    help: 'Events of this process given up because the bus did not accept them',
    labels: [],
  },
  outboxWaiting: {
    name: 'powerbus_events_waiting',
    type: 'gauge',
    help: 'Events of this process on the way to the bus',
    labels: [],
  },
} as const satisfies Record<string, MetricFacts>
