import { randomUUID } from 'node:crypto'
import { type ConfigContext, type PluginMetric, PowerbusError, type Secret, systemClock } from '@powerbus/plugin-sdk'
import type { Cloud } from './cloud/cloud.ts'
import { apiUrl } from './cloud/metal/api-url.ts'
import { metalCloud } from './cloud/metal/metal.ts'
import { drpMachines } from './machine/machines.ts'
import type { configParams } from './params.ts'
import { KeptRecords } from './records/kept-records.ts'
import type { KnownCloud } from './records/records.ts'
import { tellBy } from './report.ts'
import { chosenProjects, Running, type Surroundings } from './running.ts'
import { defaultTimes } from './times.ts'

/** Time to read the projects; the endpoint waits a minute for config. */
const PROJECTS_MS = 30_000

/** The plugin's configuration in this process, and what runs with it. */
export class Service {
  readonly #surroundings: Surroundings
  /** Opened accounts by address and key. Actions may still use one that a newer config has replaced. */
  readonly #clouds: { readonly url: string; readonly apiKey: Secret; readonly cloud: Cloud }[] = []
  #running: Running | undefined
  #stopped = false

  constructor(surroundings: Partial<Surroundings> = {}) {
    this.#surroundings = {
      openCloud: metalCloud,
      clock: systemClock,
      times: defaultTimes,
      owner: randomUUID(),
      ...surroundings,
    }
  }

  /** Throws PARAM_MISSING, PARAM_INVALID, and what Cloud.projects throws if the cloud has never answered before. */
  async configure(context: ConfigContext<typeof configParams>): Promise<void> {
    const { params } = context
    const url = apiUrl(params['packet/api-url'])
    const apiKey = params['packet/api-key']
    const cloud = this.#open(url, apiKey)
    const records = new KeptRecords(await context.state())
    const { projects, complete } = await this.#projects(cloud, records, context)
    const chosen = chosenProjects(projects, complete, params['packet/project-id'])
    const { endpoint, name: plugin, backgroundLog: log } = context
    const { clock, times, owner, machines = drpMachines(() => endpoint.api()) } = this.#surroundings
    const files = endpoint.fileServerUrl.replace(/\/+$/, '')
    const ipxeScriptUrl = files === '' ? '' : `${files}/default.ipxe`
    const tell = tellBy(endpoint, log, plugin)
    const means = { plugin, owner, cloud, machines, records, clock, times, log, tell, ipxeScriptUrl, ...chosen }
    const running = new Running(means, apiKey, endpoint, {
      importExisting: params['packet/import-existing'],
      prune: params['packet/prune'],
    })
    await this.#running?.stop()
    if (this.#stopped) return
    this.#running = running
    await this.#report(context, running)
    running.start()
  }

  /** Throws PLUGIN_UNAVAILABLE before the first config. */
  running(): Running {
    if (this.#running) return this.#running
    throw new PowerbusError(
      'PLUGIN_UNAVAILABLE',
      'The plugin is not configured: set packet/api-key and packet/api-url on its plugin object',
    )
  }

  /** The configured cloud, with the action's key if it gives another one. */
  cloud(apiKey?: Secret): Cloud {
    const { means, apiKey: configured } = this.running()
    return this.#open(means.cloud.key, apiKey ?? configured)
  }

  metrics(): readonly PluginMetric[] {
    const running = this.#running
    if (!running) return []
    const { surveyor, worker, means } = running
    const gauge = (name: string, help: string, value: number): PluginMetric => ({ name, help, type: 'gauge', value })
    return [
      ...(means.cloud.metrics?.() ?? []),
      gauge('packet_ipmi_work', 'Devices that this replica makes, deletes or waits for', worker.active),
      gauge('packet_ipmi_troubled_work', 'Devices of packet_ipmi_work whose last step failed', worker.troubles.length),
      gauge('packet_ipmi_devices', 'Devices in the last survey', surveyor.last?.devices ?? 0),
      gauge(
        'packet_ipmi_missing_machines',
        'Machines whose device was gone in the last survey',
        surveyor.last?.missing ?? 0,
      ),
    ]
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running?.stop()
    for (const { cloud } of this.#clouds) await cloud.close()
  }

  #open(url: string, apiKey: Secret): Cloud {
    const open = this.#clouds.find((known) => known.url === url && known.apiKey.reveal() === apiKey.reveal())
    if (open) return open.cloud
    const { openCloud, clock } = this.#surroundings
    const cloud = openCloud({ url, apiKey }, clock)
    this.#clouds.push({ url, apiKey, cloud })
    return cloud
  }

  /** If the cloud does not answer now, its last known projects, so that work under way goes on without a new config. */
  async #projects(
    cloud: Cloud,
    records: KeptRecords,
    { signal, log }: ConfigContext<typeof configParams>,
  ): Promise<KnownCloud> {
    try {
      const { items: projects, complete } = await cloud.projects({ signal, timeoutMs: PROJECTS_MS })
      const known = { cloud: cloud.key, projects, complete, seenAtMs: this.#surroundings.clock.dateMs() }
      await records.put('cloud', cloud.key, known)
      return known
    } catch (error) {
      const known = await records.get('cloud', cloud.key)
      if (!known || !(error instanceof PowerbusError) || !error.retry || signal.aborted) throw error
      const seen = new Date(known.seenAtMs).toISOString()
      log.warn(`the cloud does not answer, so its projects as of ${seen} are used: ${error.message}`)
      return known
    }
  }

  /** Logs the devices that an operator must check. */
  async #report({ log }: ConfigContext<typeof configParams>, { means }: Running): Promise<void> {
    for (const { deviceId, reason } of await means.records.all('leftover'))
      log.warn(`device ${deviceId} is left in the cloud and costs money: ${reason}`)
    for (const { deviceId, handedOverAtMs, reason } of await means.records.all('deletion'))
      if (handedOverAtMs !== undefined) log.warn(`device ${deviceId} is not deleted yet: ${reason}`)
  }
}
