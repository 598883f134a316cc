import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pluginError } from '@powerbus/drp'
import { coordinateActions } from '../host/action-coordination.ts'
import { actionTracer } from '../host/action-tracer.ts'
import { endForCertain, exitForCertain } from '../host/certain-end.ts'
import { endpointAccess } from '../host/endpoint-access.ts'
import { instanceName } from '../host/instance-name.ts'
import { keepAliveThroughCrashes, LAST_STEPS_MS, lastStep, STEP_MS } from '../host/last-step.ts'
import { PluginHost } from '../host/plugin-host.ts'
import { pluginServer } from '../host/plugin-server.ts'
import { PluginState } from '../host/plugin-state.ts'
import { ProcessLog } from '../host/process-log.ts'
import { stopSignal } from '../host/stop-signal.ts'
import type { Invocation } from '../invocation.ts'
import type { Logger } from '../log.ts'
import { paramOf } from '../param.ts'
import type { Plugin } from '../plugin.ts'
import { powerRequestId } from '../power/params.ts'
import { createPowerEngine } from '../power/power-engine.ts'
import type { StoreCoordinator } from '../power/store-coordinator.ts'
import { reportLostRequests } from '../serve/lost-requests.ts'
import { streamPatterns } from '../stream-patterns.ts'
import { noticeMissingBundle } from './bundle-notice.ts'
import { EndpointLink } from './endpoint-link.ts'
import { KeptCoordination } from './kept-coordination.ts'
import { isReadBySomebody, watchLauncher } from './launcher-watch.ts'
import type { ListenBus } from './listen-bus.ts'
import { bindPrivately } from './private-socket.ts'
import { SelectedEvents } from './selected-events.ts'

/** How long accepted work may go on after a stop. */
const DRAIN_MS = 60_000
/** How long work that was aborted then may take to say so. */
const ABORTED_MS = 2_000
/** Longest time that a stop takes: accepted work, and the last steps. */
const STOP_MS = DRAIN_MS + ABORTED_MS + LAST_STEPS_MS
const BACKLOG = 4_096
const STDOUT = 1

/** Serves the endpoint until it asks for a stop, dies, or a signal comes. Ends the process itself: its exit code never returns. */
export async function listen({ plugin, host, args, debug }: Invocation): Promise<number> {
  const [to, from] = args
  if (!to || !from || args.length !== 2) throw new Error('listen needs two arguments, the sockets TO and FROM')
  const link = new EndpointLink(from)
  const processLog = new ProcessLog({
    service: plugin.name,
    level: debug ? 'debug' : 'info',
    deliver: (lines) => link.log(lines),
    linesMax: () => link.logLinesMax,
  })
  const log = processLog.request()
  keepAliveThroughCrashes(host, log)
  const { env } = host
  const instance = instanceName(host)
  const onNotice = (message: string) => log.warn(message)
  const folder = env.POWERBUS_STATE || join(host.cwd(), 'state')
  const redis = env.REDIS_URL ? await coordinateActions({ env, instance, onNotice }) : undefined
  const endpoint = endpointAccess(plugin.name, env, link)
  const busSide = env.NATS_URL
    ? new (await import('./listen-bus.ts')).ListenBus({ plugin, env, endpoint, log })
    : undefined
  const metrics = env.POWERBUS_METRICS ? await listenMetrics({ plugin, instance, busSide, env, log }) : undefined
  const stopping = new AbortController()
  let selected: SelectedEvents | undefined
  let reported: Promise<void> | undefined
  let noticed: Promise<void> | undefined
  const onOpen = (coordinator: StoreCoordinator) => {
    const { signal } = stopping
    reported = reportLostRequests({ coordinator, plugin: plugin.name, outbox: busSide?.outbox, log, signal })
  }
  const name = () => pluginHost.name
  const kept = new KeptCoordination({ env, instance, folder, name, log, onOpen })
  const coordination = redis ?? kept
  if (redis) onOpen(redis.coordinator)
  const state = new PluginState({
    prefix: () => `${plugin.name}/${pluginHost.name}`,
    store: redis?.store,
    folder,
    onNotice,
  })
  const patterns = streamPatterns(plugin, env)
  const pluginHost = new PluginHost({
    plugin,
    endpoint,
    log: processLog,
    power: createPowerEngine({ coordinator: coordination.coordinator }),
    state,
    needsToken: true,
    isStreamed: patterns !== undefined,
    observers: [busSide?.observer, metrics?.observer].filter((observer) => observer !== undefined),
    tracer: await actionTracer(),
    onConfigured: () => {
      if (!redis && remembersRequests(plugin)) void kept.open()
      const { signal } = stopping
      if (signal.aborted) return
      noticed ??= noticeMissingBundle({
        plugin,
        name,
        endpoint,
        log: processLog.request({ ignorePublish: true }),
        signal,
      })
      if (patterns) selected ??= new SelectedEvents({ patterns, endpoint, host: pluginHost, log, signal })
    },
  })
  const stop = stopSignal(host, log, () => removeSocket(to))
  const app = pluginServer(pluginHost, log, () => stop.because('the endpoint asked for it'))
  await bindPrivately(to, host, () => app.listen({ path: to, backlog: BACKLOG }))
  const unwatch = watchLauncher({
    parent: () => host.ppid,
    launched: isReadBySomebody(STDOUT),
    socketPath: from,
    reached: () => link.reached,
    onGone: (reason) => {
      // A new endpoint may start this plugin anew while accepted work still ends: it finds the socket free.
      app.server.close()
      stop.because(reason)
    },
  })
  // Once nobody reads stdout any more, the endpoint is dead, which is noticed elsewhere.
  host.stdout.on('error', () => undefined)
  host.stdout.write('READY!\n')
  log.info('ready', { version: plugin.version, pid: host.pid })

  log.info(`stopping: ${await stop.asked}`)
  endForCertain(host, STOP_MS, log)
  unwatch()
  stopping.abort()
  const aborted = await pluginHost.work.drain(DRAIN_MS, ABORTED_MS)
  if (aborted > 0)
    log.error('work was aborted because it did not end in time', { actions: aborted, waitedMs: DRAIN_MS })
  await lastStep('event stream', log, async () => selected?.close())
  await lastStep('stop', log, async () => plugin.stop?.())
  await lastStep('lost requests', log, async () => reported)
  await lastStep('bundle notice', log, async () => noticed)
  await lastStep('bus', log, async () => busSide?.close())
  metrics?.server.close()
  await lastStep('state', log, () => state.close())
  await lastStep('store', log, () => coordination.close())
  log.info('stopped')
  await processLog.flush(STEP_MS)
  await lastStep('leaving', log, () => link.post('leaving', pluginError(pluginHost.name, 0)))
  await lastStep('close', log, () => app.close())
  link.close()
  await processLog.flush(STEP_MS)
  return exitForCertain(host, 0, log)
}

/** Only then is there anything of an earlier run to report. */
function remembersRequests({ actions }: Plugin): boolean {
  return actions.some(({ params }) => params.some((use) => paramOf(use).name === powerRequestId.name))
}

interface ListenMetricsOptions {
  readonly plugin: Plugin
  readonly instance: string
  readonly busSide: ListenBus | undefined
  readonly env: NodeJS.ProcessEnv
  readonly log: Logger
}

/** POWERBUS_METRICS is HOST:PORT. Where that is taken, perhaps by another plugin, it works without. */
async function listenMetrics({ plugin, instance, busSide, env, log }: ListenMetricsOptions) {
  const { createMetrics } = await import('../metrics/metrics.ts')
  const { metricsServer } = await import('../metrics/metrics-server.ts')
  const metrics = await createMetrics({ plugin, instance, bus: () => busSide?.bus, outbox: busSide?.outbox })
  try {
    return { observer: metrics.observer, server: await metricsServer(env.POWERBUS_METRICS ?? '', metrics) }
  } catch (error) {
    log.warn('metrics are not served', { reason: String(error) })
    return undefined
  }
}

function removeSocket(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
