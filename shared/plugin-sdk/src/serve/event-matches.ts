import { createHash } from 'node:crypto'
import { type EventPattern, everyEvent } from '@powerbus/bus'
import { parseEventPattern } from '@powerbus/drp'
import type { Plugin } from '../plugin.ts'

/** What a plugin is to get from the bus: every event, those that it selects, or none. */
export function eventMatches({ publish, events }: Plugin): readonly EventPattern[] {
  if (publish) return [everyEvent]
  return (events?.patterns ?? []).flatMap((text) => {
    const { Type = ['*'], Action = ['*'], Key = ['*'] } = parseEventPattern(text)
    const subjects = Type.flatMap((type) => Action.map((action) => ({ Type: type, Action: action })))
    return subjects.flatMap((subject) => Key.map((key) => ({ ...subject, Key: key })))
  })
}

/**
 * The durable name of a plugin's events on the bus, the same for every replica, and for an endpoint that delivers to a plugin of its
 * own: each event is handled by one of them.
 */
export function durableOf(plugin: string): string {
  if (/^[A-Za-z0-9_-]{1,57}$/.test(plugin)) return `plugin-${plugin}`
  return `plugin-${createHash('sha256').update(plugin).digest('hex').slice(0, 40)}`
}
