import type { Bus } from '@powerbus/bus'
import type { EventReporter } from '../events/event-reporter.ts'
import type { ActionObserver } from '../host/action-observer.ts'
import type { Plugin } from '../plugin.ts'
import { busSamples } from './bus-samples.ts'
import { actionMetrics, type MetricFacts, readMetrics } from './metric-list.ts'
import { type Sample, sampleText } from './sample-text.ts'

/** Upper bounds of the buckets in seconds: from an answer in a lab to a soft shutdown. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600]

export interface MetricSources {
  readonly plugin: Plugin
  readonly instance: string
  readonly bus: () => Bus | undefined
  readonly outbox: EventReporter | undefined
  /** Absent if the process has no readiness check. */
  readonly ready?: () => Promise<boolean>
}

export interface Metrics {
  readonly observer: ActionObserver
  readonly contentType: string
  /** The metrics in the text format of Prometheus. */
  text(): Promise<string>
}

/** The metrics of this process. Loads prom-client. */
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

  return {
    observer,
    contentType: counted.contentType,
    text: async () => `${await counted.metrics()}${await sampleText(await samplesOf(sources))}`,
  }
}

/** The values read at each scrape. */
async function samplesOf({ plugin, instance, bus, outbox, ready }: MetricSources): Promise<Sample[]> {
  const { name, version } = plugin
  const samples: Sample[] = [[readMetrics.info, 1, { plugin: name, version, instance }]]
  if (ready) samples.push([readMetrics.ready, Number(await ready()), { plugin: name }])
  if (outbox) {
    samples.push([readMetrics.outboxLost, outbox.figures.lost])
    samples.push([readMetrics.outboxWaiting, outbox.figures.waiting])
  }
  const figures = await bus()?.figures()
  if (figures) {
    const actions = figures.served.filter(({ subject }) => subject.includes('.action.'))
    const waiting = actions.reduce((sum, one) => sum + one.waiting, 0)
    samples.push(...busSamples(figures), [readMetrics.waiting, waiting, { plugin: name }])
  }
  const own = plugin.metrics?.() ?? []
  return [...samples, ...own.map((one): Sample => [{ ...one, name: `powerbus_${one.name}` }, one.value, one.labels])]
}

function attemptsOf(result: unknown): number {
  const attempts = typeof result === 'object' && result !== null && 'Attempts' in result ? result.Attempts : 0
  return typeof attempts === 'number' ? attempts : 0
}
