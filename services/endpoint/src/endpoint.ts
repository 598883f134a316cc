import { chmod, mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Bus } from '@powerbus/bus'
import type { JsonObject, Machine, PluginObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import { type Logger, pino } from 'pino'
import { addressesOf, urlOf } from './addresses.ts'
import { Authority } from './auth/authority.ts'
import { removeOperatorFile, writeOperatorFile } from './auth/operator-file.ts'
import { type Environment, openEndpointBus, openEndpointStore, storeVariables } from './backends.ts'
import { ChangeFeed } from './events/change-feed.ts'
import { EventFeed } from './events/event-feed.ts'
import { type DeliveryLimits, defaultDeliveryLimits } from './events/plugin-delivery.ts'
import { RecentEvents } from './events/recent-events.ts'
import { ActionRunner } from './host/action-runner.ts'
import type { RestartLimits } from './host/backoff.ts'
import { PluginHost } from './host/plugin-host.ts'
import { makeRuntimeFolder, removeRuntimeFolder } from './host/runtime-folder.ts'
import { type Change, ENDPOINT_PRINCIPAL } from './inventory/change.ts'
import { Inventory, type MachineSeed, type PluginSeed } from './inventory/inventory.ts'
import { loadSealer } from './inventory/load-sealer.ts'
import { ParamDefinitions } from './inventory/param-definitions.ts'
import { refreshRegularly } from './inventory/regular-refresh.ts'
import { checkSealKey } from './inventory/seal-key.ts'
import { createEndpointMetrics } from './metrics/endpoint-metrics.ts'
import { type Api, buildApi } from './server/api.ts'
import { loadIdentity, type ServerIdentity } from './server/certificate.ts'
import type { StreamLimits } from './server/stream-client.ts'

export const DEFAULT_ADDRESS = '127.0.0.1'
export const DEFAULT_PORT = 8092

const DRAIN_MS = 60_000
/** For the last events to reach the bus. */
const FEED_STOP_MS = 5_000

export interface EndpointOptions {
  /** Keeps everything that outlives the process; made with mode 0700. */
  readonly stateDir: string
  /** Every executable file in it is a plugin provider. */
  readonly pluginDir: string
  /** Loopback where absent. */
  readonly address?: string
  /** 8092 where absent; 0 for a free one. */
  readonly port?: number
  /** Warnings and worse to stderr where absent. */
  readonly log?: Logger
  /** With a leading v. */
  readonly version?: string
  readonly restart?: Partial<RestartLimits>
  readonly readyTimeoutMs?: number
  /** Longest wait of a start for a plugin's first run, in milliseconds; 30 000. The plugin goes on. */
  readonly firstRunTimeoutMs?: number
  /**
   * Where the bus and the store are, and how to log in there: NATS_URL, REDIS_URL and the variables beside them. Without
   * those both are embedded, in the state folder.
   */
  readonly environment?: Environment
  /** A bus that is open already, and that whoever opened it closes; goes before `environment`. */
  readonly bus?: Bus
  /** As `bus`; other endpoints may have it too. */
  readonly store?: Store
  /** Params that plugins get before they start; asked for when the state folder is this endpoint's. */
  readonly plugins?: () => Promise<readonly PluginSeed[]>
  /** Machines that are there when the plugins start; asked for after `plugins`. As `ensureMachines`. */
  readonly machines?: () => readonly MachineSeed[]
  /** Names of plugins that are not to be: removed before they start. */
  readonly withoutPlugins?: readonly string[]
  readonly delivery?: Partial<DeliveryLimits>
  readonly stream?: Partial<StreamLimits>
}

/** An endpoint that is not running yet. */
export function createEndpoint(options: EndpointOptions): Endpoint {
  return new Endpoint(options)
}

interface Running {
  readonly url: string
  readonly loginCode: string
  readonly fingerprint: string
  readonly authority: Authority
  readonly inventory: Inventory
  readonly events: EventFeed
  readonly host: PluginHost
}

/** Store, inventory, plugins and API of one state folder, from start to stop. */
export class Endpoint {
  readonly #options: EndpointOptions
  readonly #undo: (() => Promise<unknown>)[] = []
  #starting: Promise<Running> | undefined
  #running: Running | undefined
  #host: PluginHost | undefined
  #stopping: Promise<void> | undefined

  constructor(options: EndpointOptions) {
    this.#options = options
  }

  get stateDir(): string {
    return this.#options.stateDir
  }

  /** `https://ADDRESS:PORT`. This and all below are there once it is started. */
  get url(): string {
    return this.#started.url
  }

  /** The certificate's SHA-256: hexadecimal pairs with colons. */
  get fingerprint(): string {
    return this.#started.fingerprint
  }

  /** With user `powerbus`, good for one login, for 15 minutes. */
  get loginCode(): string {
    return this.#started.loginCode
  }

  /** Every event: of changes, of actions, of plugins and of the API. */
  get events(): EventFeed {
    return this.#started.events
  }

  /** The plugins with their state as it is now. */
  get plugins(): readonly PluginObject[] {
    const { host, inventory } = this.#started
    return inventory.plugins.list().map((plugin) => host.shown(plugin))
  }

  /** Makes machines that are missing, by name, and sets the given fields and params of those that are there. */
  async ensureMachines(seeds: readonly MachineSeed[]): Promise<readonly Machine[]> {
    return await this.#started.inventory.ensureMachines(seeds)
  }

  /**
   * Fulfilled when the API answers and every plugin has had its first start. Throws an Error where the port is taken, a
   * StoreError where the state is in use or damaged; nothing is left running then.
   */
  async start(): Promise<void> {
    this.#starting ??= this.#start()
    try {
      this.#running = await this.#starting
    } catch (error) {
      await this.#undoAll()
      throw error
    }
  }

  /** Finishes what was accepted (60 s at most), stops the plugins, and leaves nothing but the state. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  get #started(): Running {
    if (this.#running === undefined) throw new Error('the endpoint is not started')
    return this.#running
  }

  async #stop(): Promise<void> {
    if (this.#running === undefined) {
      // In the middle of a start: without its plugins it comes to its end.
      await this.#host?.stop()
      await Promise.allSettled([this.#starting])
    }
    await this.#undoAll()
  }

  /** Those that were given are not closed here. */
  async #backends(log: Logger): Promise<{ readonly store: Store; readonly bus: Bus }> {
    const { stateDir, environment = {}, version = 'v0.0.0' } = this.#options
    const options = { stateDir, environment, version, onNotice: (text: string) => log.warn(text) }
    const store = this.#options.store ?? (await openEndpointStore(options))
    if (store !== this.#options.store) this.#undo.push(() => store.close())
    const bus = this.#options.bus ?? (await openEndpointBus(options))
    if (bus !== this.#options.bus) this.#undo.push(() => bus.close())
    return { store, bus }
  }

  get #isShared(): boolean {
    return this.#options.store !== undefined || Boolean(this.#options.environment?.REDIS_URL)
  }

  async #inventory(store: Store, definitions: ParamDefinitions, changes: ChangeFeed, log: Logger) {
    const isShared = this.#isShared
    if (isShared) await checkSealKey(store, definitions)
    const inventory = await Inventory.load({
      store,
      definitions,
      isShared,
      notes: changes.notes,
      onChange: (change) => changes.tell(this.#shown(change)),
      onForeign: (kind, key) => {
        this.#host?.followForeign(kind, key).catch((error: unknown) => {
          log.error({ kind, key, error: String(error) }, 'a change by another endpoint could not be followed')
        })
      },
    })
    if (isShared) this.#undo.push(refreshRegularly(inventory, log))
    return inventory
  }

  /** A plugin in an event has the state that the API shows. */
  #shown(change: Change): Change {
    if (change.kind !== 'plugins' || this.#host === undefined) return change
    const host = this.#host
    const shown = (object: JsonObject) => host.shown(object as PluginObject)
    const { object, original } = change
    return { ...change, object: shown(object), original: original && shown(original) }
  }

  /** What the options say of plugins and machines, before any plugin starts. */
  async #seed(inventory: Inventory, authority: Authority): Promise<void> {
    const { plugins, machines, withoutPlugins = [] } = this.#options
    for (const name of withoutPlugins.filter((name) => inventory.plugins.find(name))) {
      await inventory.plugins.remove(name, ENDPOINT_PRINCIPAL)
      await authority.revokePlugin(name)
    }
    for (const seed of (await plugins?.()) ?? []) await inventory.ensurePlugin(seed)
    await inventory.ensureMachines(machines?.() ?? [])
  }

  async #undoAll(): Promise<void> {
    for (const step of this.#undo.splice(0).reverse()) await step()
  }

  async #start(): Promise<Running> {
    const { stateDir, pluginDir, address = DEFAULT_ADDRESS, port = DEFAULT_PORT, version = 'v0.0.0' } = this.#options
    const log = this.#options.log ?? pino({ level: 'warn' }, pino.destination(2))
    await mkdir(stateDir, { recursive: true, mode: 0o700 })
    await chmod(stateDir, 0o700)
    const { store, bus } = await this.#backends(log)
    const events = new EventFeed({ bus, log })
    const recentEvents = new RecentEvents(events)
    await events.start()
    this.#undo.push(() => events.stop(FEED_STOP_MS))
    const runtimeNote = join(stateDir, 'runtime')
    const runtimeFolder = await makeRuntimeFolder(runtimeNote)
    this.#undo.push(() => removeRuntimeFolder(runtimeNote, runtimeFolder))
    const definitions = new ParamDefinitions(await loadSealer(stateDir))
    const changes = await ChangeFeed.open({ store, isShared: this.#isShared, definitions, events, log })
    const onChange = changes.tell
    const inventory = await this.#inventory(store, definitions, changes, log)
    const authority = await Authority.load(store)
    const { restart, readyTimeoutMs, firstRunTimeoutMs, stream: streamLimits = {}, environment = {} } = this.#options
    const delivery = { ...defaultDeliveryLimits, ...this.#options.delivery }
    const parts = { pluginDir, stateDir, runtimeFolder, inventory, authority, events, bus, delivery, log, onChange }
    const host = new PluginHost({
      ...parts,
      restart,
      readyTimeoutMs,
      firstRunTimeoutMs,
      childEnvironment: storeVariables(environment),
    })
    this.#host = host
    await host.discover(addressesOf(urlOf(address, port), stateDir))
    changes.tellUntold()
    await this.#seed(inventory, authority)
    const identity = await loadIdentity(stateDir, address)
    const metrics = await createEndpointMetrics({ version, bus, events, host })
    const actions = new ActionRunner({ inventory, host, events, metrics })
    const told = { events, metrics, recentEvents, streamLimits, webRoot: addressesOf('', stateDir).webRoot }
    const served = { inventory, host, actions, authority, ...told, version }
    const api = buildApi(served, identity, log)
    const url = urlOf(address, await listen(api, address, port))
    this.#undo.push(() => host.stop())
    this.#undo.push(() => api.drain(DRAIN_MS))
    await host.start(addressesOf(url, stateDir))
    if (this.#stopping !== undefined) throw new PowerbusError('SHUTTING_DOWN', 'the endpoint was stopped as it started')
    await writeOperatorFile(stateDir, operatorFile(url, authority, identity))
    this.#undo.push(() => removeOperatorFile(stateDir))
    const { fingerprint } = identity
    return { url, loginCode: authority.newLoginCode().code, fingerprint, authority, inventory, events, host }
  }
}

async function listen(api: Api, address: string, port: number): Promise<number> {
  try {
    await api.server.listen({ host: address, port })
  } catch (cause) {
    await api.server.close()
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    const text = `${address} port ${port} is in use: stop what listens there, or choose another port`
    throw new Error(text, { cause })
  }
  return (api.server.server.address() as AddressInfo).port
}

function operatorFile(url: string, authority: Authority, { certificate, fingerprint }: ServerIdentity) {
  return { url, token: authority.operatorToken(), certificate, fingerprint }
}
