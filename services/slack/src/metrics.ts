import type { PluginMetric } from '@powerbus/plugin-sdk'
import { counters, type Figures } from './delivery/figures.ts'
import type { LaneFigures } from './outbox/lane-contents.ts'
import type { SlackService } from './slack-service.ts'

/** Metrics of the service, counted since the process started. */
export function slackMetrics({ deliverer, settings }: SlackService): readonly PluginMetric[] {
  if (!deliverer) return []
  const { figures, halted, absent, unresolved } = deliverer
  const sum = (of: (lane: LaneFigures) => number) =>
    [...deliverer.lanes].reduce((total, lane) => total + of(lane.figures), 0)
  const metric = (type: PluginMetric['type'], name: string, help: string, value: number) => {
    return { name: `slack_${name}${type === 'counter' ? '_total' : ''}`, help, type, value }
  }
  const failures = settings?.templates.failures ?? 0
  const isParked = (lane: LaneFigures) => Number(lane.isParked)
  return [
    ...Object.entries(counters).map(([key, [name, help]]) =>
      metric('counter', name, help, figures[key as keyof Figures]),
    ),
    metric('counter', 'template_failures', 'Events rendered by a built-in template because their own failed', failures),
    metric('gauge', 'events_waiting', 'Events in no message yet', unresolved + sum(({ waiting }) => waiting)),
    metric(
      'gauge',
      'messages_parked',
      'Messages parked because Slack refuses them',
      sum(({ parked }) => parked),
    ),
    metric('gauge', 'channels_parked', 'Channels parked because Slack refuses them', sum(isParked)),
    metric('gauge', 'channels_absent', 'Channels of the params that the bot is not in', absent.length),
    {
      ...metric('gauge', 'delivering', '1 while messages are delivered, 0 if Slack refuses the key', halted ? 0 : 1),
      labels: { reason: halted?.reason ?? '' },
    },
  ]
}
