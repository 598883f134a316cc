import type { Bus, BusFigures } from '@powerbus/bus'
import type { EventOutbox } from '../events/event-outbox.ts'
import type { ActionObserver } from '../host/action-observer.ts'
import type { Plugin, PluginMetric } from '../plugin.ts'
import { actionMetrics, type MetricFacts, type ReadMetric, readMetrics } from './metric-list.ts'

/** Seconds: from an answer in a lab to a soft shutdown. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600]

export interface MetricSources {
  readonly plugin: Plugin
  readonly instance: string
  readonly bus: () => Bus | undefined
  readonly outbox: EventOutbox | undefined
  /** Absent where nobody asks for readiness. */
  readonly ready?: () => Promise<boolean>
}

export interface Metrics {
  readonly observer: ActionObserver
  readonly contentType: string
  /** What Prometheus reads. */
  text(): Promise<string>
}

/** One number with its labels. */
type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>]

/** The metrics of this process; prom-client is loaded here and nowhere else. */
export async function createMetrics(sources: MetricSources): Promise<Metrics> {
  const { Counter, Gauge, Histogram, Registry } = await import('prom-client')
  const counted = new Registry()
  const settings = ({ name, help, labels }: MetricFacts) => ({ name, help, labelNames: labels, registers: [counted] })
  const total = new Counter(settings(actionMetrics.total))
  const refused = new Counter(settings(actionMetrics.refused))
  const seconds = new Histogram({ ...settings(actionMetrics.seconds), buckets: BUCKETS })
  const running = new Gauge(settings(actionMetrics.running))
  const retries = new Counter(settings(actionMetrics.retries))
  const { name: plugin } = sources.plugin
  running.set({ plugin }, 0)

  const observer: ActionObserver = {
    begin({ command, driver }) {
      const labels = { plugin, command, driver }
      running.inc({ plugin })
      return ({ durationMs, result, error }) => {
        running.dec({ plugin })
        total.inc({ ...labels, code: error?.code ?? 'OK' })
        seconds.observe(labels, durationMs / 1000)
        const attempts = attemptsOf(result)
        if (attempts > 1) retries.inc(labels, attempts - 1)
      }
    },
    refuse: ({ code }) => refused.inc({ plugin, code }),
  }

  /** What is read and not counted is given to a registry of its own, anew for each scrape. */
  async function readText(): Promise<string> {
    const registry = new Registry()
    const add = (facts: MetricFacts, samples: readonly Sample[]) => {
      if (samples.length === 0) return
      const { name, help, labels } = facts
      const options = { name, help, labelNames: labels, registers: [registry] }
      if (facts.type === 'counter') {
        const counter = new Counter(options)
        for (const [value, of = {}] of samples) counter.inc(of, value)
      } else {
        const gauge = new Gauge(options)
        for (const [value, of = {}] of samples) gauge.set(of, value)
      }
    }
    const values = await readValues(sources)
    for (const [key, samples] of Object.entries(values)) add(readMetrics[key as ReadMetric], samples)
    for (const [facts, samples] of ownMetrics(sources.plugin.metrics?.() ?? [])) add(facts, samples)
    return await registry.metrics()
  }

  return {
    observer,
    contentType: counted.contentType,
    text: async () => `${await counted.metrics()}${await readText()}`,
  }
}

async function readValues({ plugin, instance, bus, outbox, ready }: MetricSources) {
  const { name, version } = plugin
  const connection = bus()
  const figures = await connection?.figures()
  const values: Partial<Record<ReadMetric, readonly Sample[]>> = {
    info: [[1, { plugin: name, version, instance }]],
    ...(ready && { ready: [[Number(await ready()), { plugin: name }]] }),
    ...(outbox && { outboxLost: [[outbox.figures.lost]], outboxWaiting: [[outbox.figures.waiting]] }),
    ...(figures && busValues(name, figures)),
  }
  return values
}

function busValues(plugin: string, figures: BusFigures): Partial<Record<ReadMetric, readonly Sample[]>> {
  const { driver, state, reconnects, published, outbox, expired, subscriptions, served } = figures
  const actions = served.filter(({ subject }) => subject.includes('.action.'))
  const byDurable = (value: 'lag' | 'held' | 'handled' | 'failed' | 'dead') =>
    subscriptions.map((one): Sample => [one[value], { durable: one.durable }])
  return {
    waiting: [[actions.reduce((sum, { waiting }) => sum + waiting, 0), { plugin }]],
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
}

function ownMetrics(metrics: readonly PluginMetric[]): ReadonlyMap<MetricFacts, readonly Sample[]> {
  const byName = new Map<string, PluginMetric[]>()
  for (const metric of metrics) byName.set(metric.name, [...(byName.get(metric.name) ?? []), metric])
  const found = new Map<MetricFacts, readonly Sample[]>()
  for (const [name, [first, ...rest]] of byName) {
    if (!first) continue
    const facts = {
      name: `powerbus_${name}`,
      type: first.type,
      help: first.help,
      labels: Object.keys(first.labels ?? {}),
    }
    found.set(
      facts,
      [first, ...rest].map(({ value, labels }): Sample => [value, labels ?? {}]),
    )
  }
  return found
}

function attemptsOf(result: unknown): number {
  const attempts = typeof result === 'object' && result !== null && 'Attempts' in result ? result.Attempts : 0
  return typeof attempts === 'number' ? attempts : 0
}
