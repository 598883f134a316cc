import type { PluginMetric } from '@powerbus/plugin-sdk'
import type { SlackService } from './slack-service.ts'

const counters = [
  ['accepted', 'events_accepted', 'Events taken into the outbox, counted per channel'],
  ['repeated', 'events_repeated', 'Repeated events that were dropped'],
  ['posted', 'messages_posted', 'Messages posted'],
  ['edited', 'messages_edited', 'Edits of messages'],
  ['found', 'messages_found', 'Posted messages whose answer was lost, found by a look-up'],
  ['parked', 'messages_parked', 'Messages that Slack has refused'],
  ['limited', 'calls_limited', 'Calls that Slack answered with 429'],
  ['failed', 'calls_failed', 'Calls that failed otherwise'],
] as const

/** Metrics of the service, counted since the process started. */
export function slackMetrics({ deliverer, settings }: SlackService): readonly PluginMetric[] {
  if (!deliverer) return []
  const { figures, halted, absent, unresolved } = deliverer
  const lanes = [...deliverer.lanes].map((lane) => lane.figures)
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  const counter = (name: string, help: string, value: number): PluginMetric => {
    return { name: `slack_${name}_total`, help, type: 'counter', value }
  }
  const gauge = (name: string, help: string, value: number): PluginMetric => {
    return { name: `slack_${name}`, help, type: 'gauge', value }
  }
  const waiting = unresolved + sum(lanes.map((lane) => lane.waiting))
  const parked = sum(lanes.map((lane) => lane.parked))
  const failures = settings?.templates.failures ?? 0
  return [
    ...counters.map(([key, name, help]) => counter(name, help, figures[key])),
    counter('template_failures', 'Events rendered by a built-in template because their own failed', failures),
    gauge('events_waiting', 'Events in no message yet', waiting),
    gauge('messages_parked', 'Messages parked because Slack refuses them', parked),
    gauge(
      'channels_parked',
      'Channels parked because Slack refuses them',
      lanes.filter((lane) => lane.isParked).length,
    ),
    gauge('channels_absent', 'Channels of the params that the bot is not in', absent.length),
    {
      ...gauge('delivering', '1 while messages are delivered, 0 if Slack refuses the key', halted ? 0 : 1),
      labels: { reason: halted?.reason ?? '' },
    },
  ]
}
