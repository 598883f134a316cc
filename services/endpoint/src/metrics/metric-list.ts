import type { MetricFacts } from '@powerbus/plugin-sdk'

/** Counted as actions end. Labels: `kind` is empty for an action of the system; `code` is OK or an error code. */
export const actionMetrics = {
  total: {
    name: 'powerbus_endpoint_actions_total',
    type: 'counter',
    help: 'Actions that were handed to a plugin and ended, by their result code',
    labels: ['plugin', 'kind', 'command', 'code'],
  },
  seconds: {
    name: 'powerbus_endpoint_action_duration_seconds',
    type: 'histogram',
    help: 'From handing an action to its plugin to the answer',
    labels: ['plugin', 'command'],
  },
  running: {
    name: 'powerbus_endpoint_actions_running',
    type: 'gauge',
    help: 'Actions that were handed to a plugin and have no answer yet',
    labels: [],
  },
} as const satisfies Record<string, MetricFacts>

/** Read when they are asked for; beside them are those of the bus. */
export const readMetrics = {
  info: { name: 'powerbus_endpoint_info', type: 'gauge', help: '1', labels: ['version'] },
  up: {
    name: 'powerbus_endpoint_plugin_up',
    type: 'gauge',
    help: '1 where the plugin takes actions',
    labels: ['plugin'],
  },
  replicas: {
    name: 'powerbus_endpoint_plugin_replicas',
    type: 'gauge',
    help: 'Processes of the plugin: its own one, or those on the bus',
    labels: ['plugin'],
  },
  restarts: {
    name: 'powerbus_endpoint_plugin_restarts_total',
    type: 'counter',
    help: 'Starts of a launched plugin after its first run failed',
    labels: ['plugin'],
  },
  eventsWaiting: {
    name: 'powerbus_endpoint_events_waiting',
    type: 'gauge',
    help: 'Events on their way to the bus',
    labels: [],
  },
  eventsLost: {
    name: 'powerbus_endpoint_events_lost_total',
    type: 'counter',
    help: 'Events that the bus did not take and that were given up',
    labels: [],
  },
} as const satisfies Record<string, MetricFacts>
