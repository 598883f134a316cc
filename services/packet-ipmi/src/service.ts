import { randomUUID } from 'node:crypto'
import { type ConfigContext, type PluginMetric, PowerbusError, type Secret, systemClock } from '@powerbus/plugin-sdk'
import type { Cloud } from './cloud/cloud.ts'
import { openMetal } from './cloud/index.ts'
import { apiUrl } from './cloud/metal/api-url.ts'
import type { configParams } from './params.ts'
import { KeptRecords } from './records/kept-records.ts'
import type { KnownCloud } from './records/records.ts'
import { chosenProjects, Running, type Surroundings } from './running.ts'
import { defaultTimes } from './times.ts'

/** Config is answered within a minute; what takes longer goes on behind it. */
const PROJECTS_MS = 30_000

/** The plugin's state in this process: its configuration, and what runs with it. */
export class Service {
  readonly #surroundings: Surroundings
  /** By address and key: actions may still use one that a newer config has replaced. */
  readonly #clouds: { readonly url: string; readonly apiKey: Secret; readonly cloud: Promise<Cloud> }[] = []
  #running: Running | undefined
  #stopped = false

  constructor(surroundings: Partial<Surroundings> = {}) {
    this.#surroundings = {
      openCloud: openMetal,
      clock: systemClock,
      times: defaultTimes,
      owner: randomUUID(),
      ...surroundings,
    }
  }

  /** Throws PARAM_MISSING or PARAM_INVALID for params that cannot be worked with, AUTH_FAILED, TARGET_UNREACHABLE and the like for a cloud that does not answer. */
  async configure(context: ConfigContext<typeof configParams>): Promise<void> {
    const { params } = context
    const url = apiUrl(params['packet/api-url'])
    const apiKey = params['packet/api-key']
    const cloud = await this.#open(url, apiKey)
    const { projects, complete } = await this.#projects(cloud, context)
    const chosen = chosenProjects(projects, complete, params['packet/project-id'])
    const { 'packet/import-existing': importExisting, 'packet/prune': prune } = params
    const config = { context, apiKey, url, ...chosen, importExisting, prune }
    const running = await Running.open(config, cloud, this.#surroundings)
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
      'The plugin is not configured yet: set packet/api-key and packet/api-url on it',
    )
  }

  /** The configured cloud, with another key where an action brings one. */
  async cloud(apiKey?: Secret): Promise<Cloud> {
    const running = this.running()
    const isSame = apiKey === undefined || apiKey.reveal() === running.apiKey.reveal()
    return isSame ? running.means.cloud : await this.#open(running.means.cloud.key, apiKey)
  }

  metrics(): readonly PluginMetric[] {
    const running = this.#running
    if (!running) return []
    const { surveyor, worker, means } = running
    const gauge = (name: string, help: string, value: number): PluginMetric => ({ name, help, type: 'gauge', value })
    return [
      ...(means.cloud.metrics?.() ?? []),
      gauge('packet_ipmi_work', 'Devices that this replica is making, deleting or waiting for', worker.active),
      gauge('packet_ipmi_troubled_work', 'Of these, those whose last step failed', worker.troubles.length),
      gauge('packet_ipmi_devices', 'Devices that the last survey found', surveyor.last?.devices ?? 0),
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
    for (const { cloud } of this.#clouds) await (await cloud).close()
  }

  async #open(url: string, apiKey: Secret): Promise<Cloud> {
    const open = this.#clouds.find((known) => known.url === url && known.apiKey.reveal() === apiKey.reveal())
    if (open) return open.cloud
    const { openCloud, clock } = this.#surroundings
    const cloud = openCloud({ url, apiKey }, clock)
    const opened = { url, apiKey, cloud }
    this.#clouds.push(opened)
    // One that cannot be opened has nothing to close.
    cloud.catch(() => this.#clouds.splice(this.#clouds.indexOf(opened), 1))
    return cloud
  }

  /**
   * A cloud that answered before and is away now is gone on with: what is under way there must not wait for somebody to configure the plugin again.
   */
  async #projects(cloud: Cloud, { signal, log, state }: ConfigContext<typeof configParams>): Promise<KnownCloud> {
    const records = new KeptRecords(await state())
    try {
      const { items: projects, complete } = await cloud.projects({ signal, timeoutMs: PROJECTS_MS })
      const known = { cloud: cloud.key, projects, complete, seenAtMs: this.#surroundings.clock.dateMs() }
      await records.put('cloud', cloud.key, known)
      return known
    } catch (error) {
      const known = await records.get('cloud', cloud.key)
      if (!known || !(error instanceof PowerbusError) || !error.retry || signal.aborted) throw error
      const seen = new Date(known.seenAtMs).toISOString()
      log.warn(`the cloud does not answer, and its projects are taken to be those of ${seen}: ${error.message}`)
      return known
    }
  }

  /** What an operator must know at once, with every config. */
  async #report({ log }: ConfigContext<typeof configParams>, { means }: Running): Promise<void> {
    for (const { deviceId, reason } of await means.records.all('leftover'))
      log.warn(`device ${deviceId} is left in the cloud and costs money: ${reason}`)
    for (const { deviceId, handedOverAtMs, reason } of await means.records.all('deletion'))
      if (handedOverAtMs !== undefined) log.warn(`device ${deviceId} should be deleted, and is not yet: ${reason}`)
  }
}
