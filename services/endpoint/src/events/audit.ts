import { type AuditEntry, auditEvent } from './audit-event.ts'
import type { EventFeed } from './event-feed.ts'

/** Refusals of one kind from one address are told once in this time; the next event has the number of those between. */
const GAP_MS = 60_000
const PLACES_MAX = 1000

/** Publishes audit events. What needs no valid token is bounded, so that nobody can flood the bus with refusals. */
export class Audit {
  readonly #events: Pick<EventFeed, 'publish'>
  readonly #nowMs: () => number
  readonly #places = new Map<string, { sinceMs: number; suppressed: number }>()

  constructor(events: Pick<EventFeed, 'publish'>, nowMs: () => number = () => performance.now()) {
    this.#events = events
    this.#nowMs = nowMs
  }

  publish(entry: AuditEntry): void {
    this.#events.publish(auditEvent(entry))
  }

  /** For what anybody can cause. */
  publishSparsely(entry: AuditEntry): void {
    const nowMs = this.#nowMs()
    const place = `${entry.action} ${entry.key} ${entry.address}`
    const found = this.#places.get(place)
    if (found !== undefined && nowMs - found.sinceMs < GAP_MS) {
      found.suppressed += 1
      return
    }
    if (found === undefined && this.#places.size >= PLACES_MAX) this.#places.clear()
    this.#places.set(place, { sinceMs: nowMs, suppressed: 0 })
    const suppressed = found?.suppressed ?? 0
    const about = suppressed === 0 ? entry.about : { ...entry.about, Suppressed: suppressed }
    this.publish({ ...entry, ...(about && { about }) })
  }
}
