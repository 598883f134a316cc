import type { MetricFacts } from './metric-list.ts'

/** A value with its labels. */
export type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>]

/** Counters and gauges in the text format of Prometheus. Metrics without samples are left out. Loads prom-client. */
export async function sampleText(
  metrics: Iterable<readonly [facts: MetricFacts, samples: readonly Sample[]]>,
): Promise<string> {
  const { Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  for (const [{ name, help, labels, type }, samples] of metrics) {
    if (samples.length === 0) continue
    const options = { name, help, labelNames: labels, registers: [registry] }
    if (type === 'counter') {
      const counter = new Counter(options)
      for (const [value, of = {}] of samples) counter.inc(of, value)
    } else {
      const gauge = new Gauge(options)
      for (const [value, of = {}] of samples) gauge.set(of, value)
    }
  }
  return await registry.metrics()
}
