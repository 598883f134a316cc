import type { MetricFacts } from '@powerbus/plugin-sdk'

/** Label `kind` is empty for a system action; `code` is OK or an error code. */
export const actionMetrics = {
  total: {
    name: 'powerbus_endpoint_actions_total',
    type: 'counter',
    help: 'Ended actions, by result code',
    labels: ['plugin', 'kind', 'command', 'code'],
  },
  seconds: {
    name: 'powerbus_endpoint_action_duration_seconds',
    type: 'histogram',
    help: 'Time from the request to the plugin until its answer',
    labels: ['plugin', 'command'],
  },
  running: {
    name: 'powerbus_endpoint_actions_running',
    type: 'gauge',
    help: 'Actions sent to a plugin that have no answer yet',
    labels: [],
  },
} as const satisfies Record<string, MetricFacts>

/** Read when Prometheus asks, together with the metrics of the bus. */
export const readMetrics = {
  info: { name: 'powerbus_endpoint_info', type: 'gauge', help: '1', labels: ['version'] },
  up: {
    name: 'powerbus_endpoint_plugin_up',
    type: 'gauge',
    help: '1 if the plugin takes actions, else 0',
    labels: ['plugin'],
  },
  replicas: {
    name: 'powerbus_endpoint_plugin_replicas',
    type: 'gauge',
    help: 'Processes of the plugin: the launched one, or its replicas on the bus',
    labels: ['plugin'],
  },
  restarts: {
    name: 'powerbus_endpoint_plugin_restarts_total',
    type: 'counter',
    help: 'Restarts of a launched plugin',
    labels: ['plugin'],
  },
  eventsWaiting: {
    name: 'powerbus_endpoint_events_waiting',
    type: 'gauge',
    help: 'Events that are not yet on the bus',
    labels: [],
  },
  eventsLost: {
    name: 'powerbus_endpoint_events_lost_total',
    type: 'counter',
    help: 'Events that did not reach the bus and were given up',
    labels: [],
  },
} as const satisfies Record<string, MetricFacts>
