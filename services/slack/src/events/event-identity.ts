import { createHash, randomUUID } from 'node:crypto'
import type { DrpEvent } from '@powerbus/drp'

/**
 * Identity by which repeated deliveries of an event are dropped: its id, else its time and content (plugin contract §3).
 * An event with neither id nor time gets a random identity, since two equal ones may be two events.
 */
export function eventIdentity({ Id, Time, Type, Action, Key, Principal, Object: object }: DrpEvent): string {
  if (Id) return hashOf(['id', Id])
  if (Time === '') return hashOf(['random', randomUUID()])
  return hashOf(['content', Time, Type, Action, Key, Principal, object])
}

/** 32 hexadecimal digits of a SHA-256. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32)
}
