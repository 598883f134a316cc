import type { PluginMetric } from '@powerbus/plugin-sdk'
import type { SlackService } from './slack-service.ts'

/** Its numbers since the process started. */
export function slackMetrics({ deliverer, settings }: SlackService): readonly PluginMetric[] {
  if (!deliverer) return []
  const { figures, halted } = deliverer
  const lanes = [...deliverer.lanes].map((lane) => lane.figures)
  const gauge = (name: string, help: string, value: number): PluginMetric => {
    return { name: `slack_${name}`, help, type: 'gauge', value }
  }
  const counter = (name: string, help: string, value: number): PluginMetric => ({
    name: `slack_${name}_total`,
    help,
    type: 'counter',
    value,
  })
  return [
    counter('events_accepted', 'Events taken into the outbox, once for each channel', figures.accepted),
    counter('events_repeated', 'Events that came again and were left out', figures.repeated),
    counter('messages_posted', 'Messages that were posted', figures.posted),
    counter('messages_edited', 'Edits of messages', figures.edited),
    counter('messages_found', 'Messages that had been posted although the answer was lost', figures.found),
    counter('messages_parked', 'Messages that Slack does not take', figures.parked),
    counter('calls_limited', 'Calls that Slack answered with 429', figures.limited),
    counter('calls_failed', 'Calls that failed in other ways', figures.failed),
    counter(
      'template_failures',
      'Events shown by a built-in template because theirs failed',
      settings?.templates.failures ?? 0,
    ),
    gauge(
      'events_waiting',
      'Events that are in no message yet',
      lanes.reduce((sum, { waiting }) => sum + waiting, deliverer.unresolved),
    ),
    gauge(
      'messages_parked',
      'Messages that Slack does not take now',
      lanes.reduce((sum, { parked }) => sum + parked, 0),
    ),
    gauge('channels_parked', 'Channels that Slack takes nothing for', lanes.filter(({ isParked }) => isParked).length),
    gauge(
      'channels_absent',
      'Channels that are named in the params and that the bot is not in',
      deliverer.absent.length,
    ),
    {
      name: 'slack_delivering',
      help: '1 while messages are delivered, 0 where Slack does not accept the key',
      type: 'gauge',
      value: halted ? 0 : 1,
      labels: { reason: halted?.reason ?? '' },
    },
  ]
}
