import { chmod, mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { JsonObject, Machine, PluginObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { type Logger, pino } from 'pino'
import { addressesOf, urlOf } from './addresses.ts'
import { writeOperatorFile } from './auth/operator-file.ts'
import { storeVariables } from './backends.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import { type EndpointState, openState, seedState } from './endpoint-state.ts'
import type { EventFeed } from './events/event-feed.ts'
import { defaultDeliveryLimits } from './events/plugin-delivery.ts'
import { ActionRunner } from './host/action-runner.ts'
import { PluginSupervisor } from './host/plugin-supervisor.ts'
import { makeRuntimeFolder, removeRuntimeFolder } from './host/runtime-folder.ts'
import type { Change, Kind } from './inventory/change.ts'
import type { Inventory, MachineSeed } from './inventory/inventory.ts'
import { createEndpointMetrics } from './metrics/endpoint-metrics.ts'
import { type Api, buildApi } from './server/api.ts'
import { loadIdentity, type ServerIdentity } from './server/certificate.ts'

const DEFAULT_ADDRESS = '127.0.0.1'
const DEFAULT_PORT = 8092
const DRAIN_MS = 60_000

interface Running {
  readonly url: string
  readonly loginCode: string
  readonly fingerprint: string
  readonly inventory: Inventory
  readonly events: EventFeed
  readonly supervisor: PluginSupervisor
}

/** An endpoint on one state folder: store, inventory, plugins and API, from start to stop. */
export class Endpoint {
  readonly #options: EndpointOptions
  readonly #undo: (() => Promise<unknown>)[] = []
  #starting: Promise<Running> | undefined
  #running: Running | undefined
  #supervisor: PluginSupervisor | undefined
  #stopping: Promise<void> | undefined

  constructor(options: EndpointOptions) {
    this.#options = options
  }

  get stateDir(): string {
    return this.#options.stateDir
  }

  /** `https://ADDRESS:PORT`. This and all members below throw before the start has ended. */
  get url(): string {
    return this.#started.url
  }

  /** The certificate's SHA-256: hexadecimal pairs with colons. */
  get fingerprint(): string {
    return this.#started.fingerprint
  }

  /** Password of user `powerbus` for one login within 15 minutes. */
  get loginCode(): string {
    return this.#started.loginCode
  }

  /** All events: of changes, actions, plugins and API clients. */
  get events(): EventFeed {
    return this.#started.events
  }

  /** The plugin objects with their present state. */
  get plugins(): readonly PluginObject[] {
    const { supervisor, inventory } = this.#started
    return inventory.plugins.list().map((plugin) => supervisor.shown('plugins', plugin))
  }

  /** Makes machines whose name is new, and sets the given fields and params of the others. */
  async ensureMachines(seeds: readonly MachineSeed[]): Promise<readonly Machine[]> {
    return await this.#started.inventory.ensureMachines(seeds)
  }

  /**
   * Resolves when the API answers and every plugin has had its first start. Throws an Error where the port is in use,
   * and StoreError where the state folder is in use or damaged. Nothing keeps running then.
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

  /** Finishes accepted requests (60 s at most), stops the plugins, and leaves nothing but the state folder. */
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
      // A start that is under way ends once its plugins are stopped.
      await this.#supervisor?.stop()
      await Promise.allSettled([this.#starting])
    }
    await this.#undoAll()
  }

  async #undoAll(): Promise<void> {
    for (const step of this.#undo.splice(0).reverse()) await step()
  }

  async #start(): Promise<Running> {
    const { stateDir, address = DEFAULT_ADDRESS, port = DEFAULT_PORT } = this.#options
    const log = this.#options.log ?? pino({ level: 'warn' }, pino.destination(2))
    await mkdir(stateDir, { recursive: true, mode: 0o700 })
    await chmod(stateDir, 0o700)
    const state = await openState({
      options: this.#options,
      log,
      undo: this.#undo,
      shown: (change) => this.#shown(change),
      onForeign: (kind, key) => this.#followForeign(kind, key, log),
    })
    const supervisor = await this.#supervise(state, log)
    await supervisor.discover(addressesOf(urlOf(address, port), stateDir))
    state.changes.publishPending()
    await seedState(this.#options, state)
    const identity = await loadIdentity(stateDir, address)
    const api = await this.#api(state, supervisor, identity, log)
    const url = urlOf(address, await listen(api, address, port))
    this.#undo.push(() => supervisor.stop())
    this.#undo.push(() => api.drain(DRAIN_MS))
    await supervisor.start(addressesOf(url, stateDir))
    if (this.#stopping !== undefined)
      throw new PowerbusError('SHUTTING_DOWN', 'the endpoint was stopped before its start had ended')
    const { inventory, events, authority } = state
    const { certificate, fingerprint } = identity
    const token = authority.operatorToken()
    this.#undo.push(await writeOperatorFile(stateDir, { url, token, certificate, fingerprint }))
    return { url, loginCode: authority.newLoginCode().code, fingerprint, inventory, events, supervisor }
  }

  async #supervise({ bus, events, changes, inventory, authority }: EndpointState, log: Logger) {
    const { stateDir, pluginDir, restart, readyTimeoutMs, firstRunTimeoutMs, environment = {} } = this.#options
    const runtimeNote = join(stateDir, 'runtime')
    const runtimeFolder = await makeRuntimeFolder(runtimeNote)
    this.#undo.push(() => removeRuntimeFolder(runtimeNote, runtimeFolder))
    const delivery = { ...defaultDeliveryLimits, ...this.#options.delivery }
    const parts = { pluginDir, stateDir, runtimeFolder, inventory, authority, events, bus, delivery, log }
    const limits = { restart, readyTimeoutMs, firstRunTimeoutMs }
    const childEnvironment = storeVariables(environment)
    this.#supervisor = new PluginSupervisor({ ...parts, ...limits, childEnvironment, onChange: changes.publish })
    return this.#supervisor
  }

  async #api(state: EndpointState, supervisor: PluginSupervisor, identity: ServerIdentity, log: Logger): Promise<Api> {
    const { stateDir, version = 'v0.0.0', stream: streamLimits = {} } = this.#options
    const { bus, events, recentEvents, inventory, authority } = state
    const metrics = await createEndpointMetrics({ version, bus, events, supervisor })
    const actions = new ActionRunner({ inventory, supervisor, events, metrics })
    const rest = { events, metrics, recentEvents, streamLimits, webRoot: addressesOf('', stateDir).webRoot }
    return buildApi({ inventory, supervisor, actions, authority, ...rest, version }, identity, log)
  }

  /** Gives a plugin in an event the state that the API shows. */
  #shown(change: Change): Change {
    const { kind, object, original } = change
    const shown = (given: JsonObject) => this.#supervisor?.shown(kind, given) ?? given
    return { ...change, object: shown(object), original: original && shown(original) }
  }

  #followForeign(kind: Kind, key: string, log: Logger): void {
    this.#supervisor?.follow(kind, key, true).catch((error: unknown) => {
      log.error({ kind, key, error: String(error) }, 'this endpoint could not follow a change of another endpoint')
    })
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
