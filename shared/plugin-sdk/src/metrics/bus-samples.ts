import type { BusFigures } from '@powerbus/bus'
import { type MetricFacts, type ReadMetric, readMetrics } from './metric-list.ts'
import type { Sample } from './sample-text.ts'

/** The figures of the bus as metrics. */
export function busSamples(figures: BusFigures): ReadonlyMap<MetricFacts, readonly Sample[]> {
  const { driver, state, reconnects, published, outbox, expired, subscriptions, served } = figures
  const byDurable = (value: 'lag' | 'held' | 'handled' | 'failed' | 'dead') =>
    subscriptions.map((one): Sample => [one[value], { durable: one.durable }])
  const values: Partial<Record<ReadMetric, readonly Sample[]>> = {
    connected: [[Number(state === 'connected'), { driver }]],
    reconnects: [[reconnects]],
    published: [[published]],
    outboxEvents: [[outbox.events]],
    outboxBytes: [[outbox.bytes]],
    expired: [[expired]],
    lag: byDurable('lag'),
    held: byDurable('held'),
    handled: byDurable('handled'),
    failed: byDurable('failed'),
    dead: byDurable('dead'),
    requests: served.map(({ subject, requests }): Sample => [requests, { subject }]),
    requestErrors: served.map(({ subject, errors }): Sample => [errors, { subject }]),
  }
  return new Map(Object.entries(values).map(([key, samples]) => [readMetrics[key as ReadMetric], samples]))
}
