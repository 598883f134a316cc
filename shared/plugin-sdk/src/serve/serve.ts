import type { Bus } from '@powerbus/bus'
import { endsWithin, unlessAborted } from '@powerbus/turns'
import type { Endpoint } from '../endpoint.ts'
import { actionEvents } from '../events/action-event.ts'
import { EventReporter } from '../events/event-reporter.ts'
import { coordinateActions } from '../host/action-coordination.ts'
import { actionTracer } from '../host/action-tracer.ts'
import { endForCertain, exitForCertain } from '../host/certain-end.ts'
import { instanceName } from '../host/instance-name.ts'
import { keepAliveThroughCrashes, LAST_STEPS_MS, lastStep, STEP_MS } from '../host/last-step.ts'
import { PluginHost } from '../host/plugin-host.ts'
import { PluginState } from '../host/plugin-state.ts'
import { ProcessLog } from '../host/process-log.ts'
import { reachBus } from '../host/reach-bus.ts'
import { stopSignal } from '../host/stop-signal.ts'
import type { Invocation } from '../invocation.ts'
import type { Logger } from '../log.ts'
import { manifestOf } from '../manifest.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createPowerEngine } from '../power/power-engine.ts'
import { busLog } from './bus-log.ts'
import { BusService } from './bus-service.ts'
import { listenOn } from './listen-on.ts'
import { localParams } from './local-params.ts'
import { reportLostRequests } from './lost-requests.ts'
import { ownPublisher } from './own-events.ts'
import { readiness } from './readiness.ts'
import { serveOptions } from './serve-options.ts'
import { serveServer } from './serve-server.ts'
import { ServedConfig } from './served-config.ts'
import { servedEndpoint } from './served-endpoint.ts'

/** Accepted work goes on so long after a stop; then it is aborted, and has until 60 s to be answered for. */
const DRAIN_MS = 55_000
const ABORTED_MS = 2_000
const STOP_MS = 60_000

/** Runs a plugin with no endpoint, until a signal or a request asks for a stop. Ends the process itself. */
export async function serve({ plugin, host, args, flags, debug }: Invocation): Promise<number> {
  if (args.length > 0) throw new Error(`serve takes flags alone, not ${JSON.stringify(args[0])}`)
  let bus: Bus | undefined
  const processLog = new ProcessLog({
    service: plugin.name,
    level: debug ? 'debug' : 'info',
    deliver: busLog(plugin.name, () => bus),
  })
  const log = processLog.request()
  const warn = (message: string) => log.warn(message)
  const options = await serveOptions(flags, host.env, warn)
  const local = await localParams({ plugin, env: host.env, configFile: options.configFile, warn })
  const instance = instanceName(host, options.instance)
  keepAliveThroughCrashes(host, log)
  const stop = stopSignal(host, log, () => undefined)
  const stopping = new AbortController()
  let code = 0
  const fail = (message: string) => (error: unknown) => {
    code = 1
    log.error(message, { reason: error instanceof Error ? error.message : String(error) })
    stop.because(message)
  }

  const { state: folder } = options
  const coordination = await coordinateActions({ env: host.env, folder, instance, onNotice: warn })
  const { store } = coordination
  const reached = reachBus({ plugin, env: host.env, folder, log })
  const publisher = ownPublisher(reached, manifestOf(plugin))
  const outbox = new EventReporter(publisher, {
    onLost: (lost, reason) => log.error('events are lost', { lost, reason }),
  })
  const getBus = () => bus
  const endpoint = servedEndpoint(
    plugin.name,
    { ...host.env, RS_TOKEN: options.apiToken.reveal() },
    () => bus && publisher,
  )
  const api = plugin.needsApi ? endpoint.api : undefined
  tellOfApi(api, host.env, warn)
  // One on which a configured plugin does not take its actions and events yet is none that it can work with.
  const workingBus = () => (pluginHost.configuration.state === 'ok' && !service?.isWorking ? undefined : bus)
  const sources = { plugin: plugin.name, bus: workingBus, store, api, stopping: () => stopping.signal.aborted }
  const ready = () => readiness({ ...sources, host: pluginHost })
  const isReady = async () => (await ready()).ready
  const metrics = await createMetrics({ plugin, instance, bus: getBus, outbox, ready: isReady })
  let service: BusService | undefined
  const prefix = () => `${plugin.name}/${pluginHost.name}`
  const state = new PluginState({ prefix, store, onNotice: warn })
  const pluginHost = new PluginHost({
    plugin,
    endpoint,
    log: processLog,
    power: createPowerEngine({ coordinator: coordination.coordinator }),
    state,
    needsToken: false,
    observers: [metrics.observer, actionEvents(outbox)],
    tracer: await actionTracer(),
    onConfigured: () => void service?.work().catch(fail('the bus refuses the plugin its subjects')),
  })
  const config = new ServedConfig({ plugin, host: pluginHost, local, log, signal: stopping.signal })
  const app =
    options.http &&
    (await serveServer({
      http: options.http,
      plugin,
      host: pluginHost,
      config,
      metrics,
      ready,
      stopping: () => stopping.signal.aborted,
      onStop: () => stop.because('a request asked for it'),
      log,
    }))
  const url = app && options.http && (await listenOn(app, options.http))
  host.stdout.on('error', () => undefined)
  if (url) host.stdout.write(`${url}\n`)
  log.info('serving', { version: plugin.version, instance, pid: host.pid, ...(url && { http: url }) })

  const joinBus = async () => {
    bus = await reached
    const { signal } = stopping
    await unlessAborted(bus.connected(), signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    if (signal.aborted) return
    const sharesTurns = coordination.overReplicas
    const onWaiting = (reason: string) => log.warn('events cannot be received yet', { reason })
    service = new BusService({ bus, plugin, host: pluginHost, config, instance, sharesTurns, onWaiting, signal })
    await service.begin()
    // A config that came while it began.
    if (pluginHost.configuration.state === 'ok') await service.work()
    log.info('on the bus', { driver: (await bus.figures()).driver })
  }
  const joined = joinBus().catch(fail('the bus cannot be used'))
  const begun = config.begin().catch(fail('the config of this process is wrong'))
  const { coordinator } = coordination
  const reported =
    store && reportLostRequests({ coordinator, plugin: plugin.name, outbox, log, signal: stopping.signal })

  log.info(`stopping: ${await stop.asked}`)
  endForCertain(host, STOP_MS + LAST_STEPS_MS, log)
  stopping.abort()
  await drain(
    pluginHost,
    joined.then(() => service?.stop(STOP_MS)),
    log,
  )
  await begun
  await reported
  await lastStep('stop', log, async () => plugin.stop?.())
  await lastStep('events', log, () => outbox.close(STEP_MS - 500))
  log.info('stopped')
  await processLog.flush(STEP_MS)
  await lastStep('bus', log, async () => bus?.close({ timeoutMs: STEP_MS - 500 }))
  bus = undefined
  await lastStep('state', log, () => state.close())
  await lastStep('store', log, () => coordination.close())
  await lastStep('close', log, async () => app?.close())
  await processLog.flush(STEP_MS)
  return exitForCertain(host, code, log)
}

/** What a plugin lacks that needs the endpoint's API, and whether its token may go to a stranger. */
function tellOfApi(api: Endpoint['api'] | undefined, env: NodeJS.ProcessEnv, warn: (message: string) => void): void {
  if (!api) return
  try {
    api()
    if (!env.RS_FINGERPRINT && !env.RS_CA_FILE)
      warn('RS_TOKEN goes to whoever answers at RS_ENDPOINT: set RS_FINGERPRINT or RS_CA_FILE')
  } catch (error) {
    warn(`not ready without the endpoint's API: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Finishes or answers for what was accepted, in 60 s at most, and leaves the bus in that time where it lets it. */
async function drain(host: PluginHost, leaving: Promise<void>, log: Logger): Promise<void> {
  const startedMs = performance.now()
  const leftMs = (limitMs: number) => Math.max(0, limitMs - (performance.now() - startedMs))
  const left = leaving.catch((error: unknown) => log.warn('leaving the bus failed', { reason: String(error) }))
  await endsWithin(left, DRAIN_MS)
  const aborted = await host.work.drain(leftMs(DRAIN_MS), ABORTED_MS)
  if (aborted > 0)
    log.error('work was aborted because it did not end in time', { actions: aborted, waitedMs: DRAIN_MS })
  await endsWithin(left, leftMs(STOP_MS))
}
