import type { Bus } from '@powerbus/bus'
import { type ActionRun, busSamples, type MetricFacts, type Sample, sampleText } from '@powerbus/plugin-sdk'
import type { EventFeed } from '../events/event-feed.ts'
import type { PluginSupervisor } from '../host/plugin-supervisor.ts'
import { actionMetrics, readMetrics } from './metric-list.ts'

/** In seconds: from a lab's answer to a soft shutdown. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600]
/** Plugins may invent error codes, but a label must have few values: others count as OTHER. */
const CODE = /^[A-Z][A-Z_]{1,39}$/
const OTHER_CODE = 'OTHER'

export interface MetricSources {
  readonly version: string
  readonly bus: Bus
  readonly events: EventFeed
  readonly supervisor: Pick<PluginSupervisor, 'figures'>
}

/** Counts actions; reads all other values when `text` is called. */
export interface EndpointMetrics {
  readonly contentType: string
  /**
   * Counts the start of an action. The caller calls the returned function once with OK or an error code. Neither
   * throws.
   */
  begin(run: ActionRun): (code: string) => void
  /** All metrics in Prometheus's text format. */
  text(): Promise<string>
}

/** Loads prom-client. */
export async function createEndpointMetrics(sources: MetricSources): Promise<EndpointMetrics> {
  const { Counter, Gauge, Histogram, Registry } = await import('prom-client')
  const counted = new Registry()
  const settings = ({ name, help, labels }: MetricFacts) => ({ name, help, labelNames: labels, registers: [counted] })
  const total = new Counter(settings(actionMetrics.total))
  const seconds = new Histogram({ ...settings(actionMetrics.seconds), buckets: BUCKETS })
  const running = new Gauge(settings(actionMetrics.running))
  return {
    contentType: counted.contentType,
    begin({ name: plugin, kind, command }) {
      const startedMs = performance.now()
      running.inc()
      return (code) => {
        running.dec()
        total.inc({ plugin, kind, command, code: CODE.test(code) ? code : OTHER_CODE })
        seconds.observe({ plugin, command }, (performance.now() - startedMs) / 1000)
      }
    },
    text: async () => `${await counted.metrics()}${await sampleText(await samplesOf(sources))}`,
  }
}

async function samplesOf({ version, bus, events, supervisor }: MetricSources): Promise<Sample[]> {
  return [
    [readMetrics.info, 1, { version }],
    ...supervisor.figures.flatMap(({ plugin, isUp, replicas, restarts }): Sample[] => [
      [readMetrics.up, Number(isUp), { plugin }],
      [readMetrics.replicas, replicas, { plugin }],
      [readMetrics.restarts, restarts, { plugin }],
    ]),
    [readMetrics.eventsWaiting, events.figures.waiting],
    [readMetrics.eventsLost, events.figures.lost],
    ...busSamples(await bus.figures()),
  ]
}
