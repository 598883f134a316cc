import type { MetricFacts } from './metric-list.ts'

/** A value of a counter or a gauge, with its labels. */
export type Sample = readonly [
  metric: Pick<MetricFacts, 'name' | 'type' | 'help'>,
  value: number,
  labels?: Readonly<Record<string, string>> | undefined,
]

/** Counters and gauges in the text format of Prometheus. Samples of one metric have the same labels. Loads prom-client. */
export async function sampleText(samples: Iterable<Sample>): Promise<string> {
  const { Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  for (const [{ name, help, type }, value, labels = {}] of samples) {
    const options = { name, help, labelNames: Object.keys(labels), registers: [registry] }
    const metric = registry.getSingleMetric(name) ?? new (type === 'counter' ? Counter : Gauge)(options)
    if (metric instanceof Counter) metric.inc(labels, value)
    else if (metric instanceof Gauge) metric.set(labels, value)
  }
  return await registry.metrics()
}
