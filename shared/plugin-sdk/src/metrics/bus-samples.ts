import type { BusFigures } from '@powerbus/bus'
import { readMetrics } from './metric-list.ts'
import type { Sample } from './sample-text.ts'

/** The figures of the bus as metrics. */
export function busSamples(figures: BusFigures): readonly Sample[] {
  const { driver, state, reconnects, published, outbox, expired, subscriptions, served } = figures
  return [
    [readMetrics.connected, Number(state === 'connected'), { driver }],
    [readMetrics.reconnects, reconnects],
    [readMetrics.published, published],
    [readMetrics.outboxEvents, outbox.events],
    [readMetrics.outboxBytes, outbox.bytes],
    [readMetrics.expired, expired],
    ...(['lag', 'held', 'handled', 'failed', 'dead'] as const).flatMap((key) =>
      subscriptions.map((one): Sample => [readMetrics[key], one[key], { durable: one.durable }]),
    ),
    ...served.map(({ subject, requests }): Sample => [readMetrics.requests, requests, { subject }]),
    ...served.map(({ subject, errors }): Sample => [readMetrics.requestErrors, errors, { subject }]),
  ]
}
