import { createHash } from 'node:crypto'
import { type EventPattern, everyEvent } from '@powerbus/bus'
import { type PluginManifest, parseEventPattern } from '@powerbus/drp'
import { EVENTS_META } from '../manifest.ts'

export type EventManifest = Pick<PluginManifest, 'Name' | 'HasPublish' | 'Meta'>

export interface DurableEvents {
  readonly durable: string
  readonly match: readonly EventPattern[]
}

/** The durable name and the patterns of a plugin's events, by its manifest; undefined where it is given none. */
export function durableEvents({ Name, HasPublish, Meta }: EventManifest): DurableEvents | undefined {
  const patterns = (Meta[EVENTS_META] ?? '').split(' ').filter((text) => text !== '')
  const match = HasPublish ? [everyEvent] : patterns.flatMap(matchesOf)
  return match.length === 0 ? undefined : { durable: durableOf(Name), match }
}

function matchesOf(text: string): EventPattern[] {
  const { Type = ['*'], Action = ['*'], Key = ['*'] } = parseEventPattern(text)
  const subjects = Type.flatMap((type) => Action.map((action) => ({ Type: type, Action: action })))
  return subjects.flatMap((subject) => Key.map((key) => ({ ...subject, Key: key })))
}

/**
 * The durable name of a plugin's events on the bus, the same for every replica, and for an endpoint that delivers to a plugin of its
 * own: each event is handled by one of them.
 */
export function durableOf(plugin: string): string {
  if (/^[A-Za-z0-9_-]{1,57}$/.test(plugin)) return `plugin-${plugin}`
  return `plugin-${createHash('sha256').update(plugin).digest('hex').slice(0, 40)}`
}
