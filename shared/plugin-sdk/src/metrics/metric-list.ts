/** One metric as it is documented and exported. */
export interface MetricFacts {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

/** Counted as actions begin and end. Labels: `driver` is the param PLUGIN/mode; `code` is OK or an error code. */
export const actionMetrics = {
  total: {
    name: 'powerbus_actions_total',
    type: 'counter',
    help: 'Actions that ended, by their result code',
    labels: ['plugin', 'command', 'driver', 'code'],
  },
  refused: {
    name: 'powerbus_action_requests_refused_total',
    type: 'counter',
    help: 'Requests that became no action: unknown commands and invalid params',
    labels: ['plugin', 'code'],
  },
  seconds: {
    name: 'powerbus_action_duration_seconds',
    type: 'histogram',
    help: 'From accepting an action to its result',
    labels: ['plugin', 'command', 'driver'],
  },
  running: {
    name: 'powerbus_actions_running',
    type: 'gauge',
    help: 'Actions that run now',
    labels: ['plugin'],
  },
  retries: {
    name: 'powerbus_action_retries_total',
    type: 'counter',
    help: 'Commands that were sent again within an action, where its result says how often it sent them',
    labels: ['plugin', 'command', 'driver'],
  },
} as const satisfies Record<string, MetricFacts>

/** Read when they are asked for. */
export const readMetrics = {
  info: { name: 'powerbus_plugin_info', type: 'gauge', help: '1', labels: ['plugin', 'version', 'instance'] },
  ready: { name: 'powerbus_ready', type: 'gauge', help: '1 where /readyz says so', labels: ['plugin'] },
  waiting: {
    name: 'powerbus_actions_waiting',
    type: 'gauge',
    help: 'Actions from the bus that wait for their turn in this process',
    labels: ['plugin'],
  },
  connected: {
    name: 'powerbus_bus_connected',
    type: 'gauge',
    help: '1 while there is a connection',
    labels: ['driver'],
  },
  reconnects: {
    name: 'powerbus_bus_reconnects_total',
    type: 'counter',
    help: 'Connections after the first',
    labels: [],
  },
  published: { name: 'powerbus_bus_published_total', type: 'counter', help: 'Events made durable', labels: [] },
  outboxEvents: {
    name: 'powerbus_bus_outbox_events',
    type: 'gauge',
    help: 'Events that are kept here until the bus has them',
    labels: [],
  },
  outboxBytes: { name: 'powerbus_bus_outbox_bytes', type: 'gauge', help: 'Their bytes', labels: [] },
  expired: {
    name: 'powerbus_bus_expired_total',
    type: 'counter',
    help: 'Events that limits of age or number took away before they were handled',
    labels: [],
  },
  lag: {
    name: 'powerbus_bus_lag_events',
    type: 'gauge',
    help: 'Events that wait for a durable subscription, in all replicas together',
    labels: ['durable'],
  },
  held: { name: 'powerbus_bus_held_events', type: 'gauge', help: 'Events held here', labels: ['durable'] },
  handled: { name: 'powerbus_bus_handled_total', type: 'counter', help: 'Events handled here', labels: ['durable'] },
  failed: {
    name: 'powerbus_bus_failed_total',
    type: 'counter',
    help: 'Deliveries that failed here, and are repeated',
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
    help: 'Requests that arrived from the bus',
    labels: ['subject'],
  },
  requestErrors: {
    name: 'powerbus_bus_request_errors_total',
    type: 'counter',
    help: 'Requests from the bus that were answered with an error',
    labels: ['subject'],
  },
  outboxLost: {
    name: 'powerbus_events_lost_total',
    type: 'counter',
    help: 'Events of this process that the bus did not take and that were given up',
    labels: [],
  },
  outboxWaiting: {
    name: 'powerbus_events_waiting',
    type: 'gauge',
    help: 'Events of this process on their way to the bus',
    labels: [],
  },
} as const satisfies Record<string, MetricFacts>

export type ReadMetric = keyof typeof readMetrics
