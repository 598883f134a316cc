import { createHash, randomUUID } from 'node:crypto'
import type { DrpEvent } from '@powerbus/drp'

/**
 * What makes two deliveries one event: its id, or where it has none (plugin contract §3) its time and content. An event with neither
 * id nor time cannot be told from the next one that says the same, so each is one of its own.
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
