import type { PluginMetric } from '@powerbus/plugin-sdk'
import type { SlackService } from './slack-service.ts'

const counters = [
  ['accepted', 'events_accepted', 'Events taken into the outbox, once for each channel'],
  ['repeated', 'events_repeated', 'Events that came again and were left out'],
  ['posted', 'messages_posted', 'Messages that were posted'],
  ['edited', 'messages_edited', 'Edits of messages'],
  ['found', 'messages_found', 'Messages that had been posted although the answer was lost'],
  ['parked', 'messages_parked', 'Messages that Slack does not take'],
  ['limited', 'calls_limited', 'Calls that Slack answered with 429'],
  ['failed', 'calls_failed', 'Calls that failed in other ways'],
] as const

/** Its numbers since the process started. */
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
    counter('template_failures', 'Events shown by a built-in template because theirs failed', failures),
    gauge('events_waiting', 'Events that are in no message yet', waiting),
    gauge('messages_parked', 'Messages that Slack does not take now', parked),
    gauge('channels_parked', 'Channels that Slack takes nothing for', lanes.filter((lane) => lane.isParked).length),
    gauge('channels_absent', 'Channels that are named in the params and that the bot is not in', absent.length),
    {
      ...gauge('delivering', '1 while messages are delivered, 0 where Slack does not accept the key', halted ? 0 : 1),
      labels: { reason: halted?.reason ?? '' },
    },
  ]
}
