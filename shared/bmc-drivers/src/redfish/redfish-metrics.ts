import type { PluginMetric } from '@powerbus/plugin-sdk'
import type { ClientCounters } from '@powerbus/redfish'

/** What the client of mode redfish has sent. */
export function redfishMetrics(counters: ClientCounters): readonly PluginMetric[] {
  const count = (name: string, help: string, value: number): PluginMetric => ({ name, help, type: 'counter', value })
  return [
    count('ipmi_redfish_requests_total', 'Redfish requests sent, logins and repeats among them', counters.requests),
    count('ipmi_redfish_repeats_total', 'Redfish requests sent again', counters.repeats),
    count('ipmi_redfish_connections_total', 'Connections to Redfish services opened', counters.connections),
    count('ipmi_redfish_sessions_opened_total', 'Redfish sessions opened', counters.sessionsOpened),
    count(
      'ipmi_redfish_sessions_closed_total',
      'Redfish sessions logged out, or seen to have ended',
      counters.sessionsClosed,
    ),
    count('ipmi_redfish_sessions_left_total', 'Redfish sessions that could not be logged out', counters.sessionsLeft),
  ]
}
