import type { PluginMetric } from '@powerbus/plugin-sdk'
import type { ClientCounters } from 'node-ipmi'

/** What the client of mode ipmitool has sent, received and dropped. */
export function packetMetrics(counters: ClientCounters): readonly PluginMetric[] {
  const count = (name: string, help: string, value: number): PluginMetric => ({ name, help, type: 'counter', value })
  const dropped = Object.entries(counters.dropped).map(([reason, value]) => ({
    ...count('ipmi_datagrams_dropped_total', 'Datagrams that came and could not be used, by reason', value),
    labels: { reason },
  }))
  return [
    count('ipmi_datagrams_sent_total', 'Datagrams sent, retransmissions among them', counters.datagramsSent),
    count('ipmi_datagrams_received_total', 'Datagrams that came', counters.datagramsReceived),
    count('ipmi_datagrams_retransmitted_total', 'Datagrams sent again', counters.retransmitted),
    count('ipmi_sessions_opened_total', 'RMCP+ sessions opened', counters.sessionsOpened),
    count('ipmi_sessions_failed_total', 'Runs that ended before their session was open', counters.sessionsFailed),
    count(
      'ipmi_suite_downgrades_total',
      'Refusals of cipher suite 17 in the name of BMCs that have it: forged, or wrong',
      counters.downgrades,
    ),
    ...dropped,
  ]
}
