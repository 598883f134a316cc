import { createHash } from 'node:crypto'
import {
  type Announcement,
  type Bus,
  BusError,
  type BusEvent,
  type Delivery,
  Refusal,
  type Served,
  type Subscription,
} from '@powerbus/bus'
import { isJsonObject } from '@powerbus/drp'
import { parseJson } from '@powerbus/store'
import { pause } from '@powerbus/turns'
import { CatchingUp } from '../events/catching-up.ts'
import type { Answer, PluginHost } from '../host/plugin-host.ts'
import { manifestOf } from '../manifest.ts'
import type { Plugin } from '../plugin.ts'
import { durableEvents } from './event-matches.ts'
import type { ServedConfig } from './served-config.ts'

/** Actions that run at a time: most of them wait for a BMC. */
const ACTIONS_MAX = 1_000
/** What the bus carries as one answer, with room for what a driver adds. */
const RESULT_BYTES_MAX = 900 * 1024
const EVENT_LIMITS = {
  deliveriesMax: 8,
  backoffMs: [500, 2_000, 10_000, 30_000, 60_000],
  timeoutMs: 60_000,
}
/** Between two tries at a bus that is away. */
const AGAIN_MS = 1_000
/**
 * No events for plugins: lines of a log, since one that logs while it handles an event would feed itself for ever, and
 * audit events, which are for admins.
 */
const NOT_HANDLED: readonly string[] = ['log', 'audit']

export interface BusServiceOptions {
  readonly bus: Bus
  readonly plugin: Plugin
  readonly host: PluginHost
  readonly config: ServedConfig
  /** Unique for this process. */
  readonly instance: string
  /** Turns and request ids are kept in a store that every replica shares: the same request may be sent to another one. */
  readonly sharesTurns: boolean
  /** Called once, with what the bus says, while the plugin's events cannot be received yet. */
  readonly onWaiting: (reason: string) => void
  /** Aborted when the plugin is to stop: what has not begun by then begins no more. */
  readonly signal: AbortSignal
}

/**
 * A plugin's subjects (docs/operating.md): `define` and `action` are answered by one replica of all, `config` by every one, since
 * each serves it in a group of its own and the first answer is the caller's. Events come by one durable subscription that
 * the replicas share.
 */
export class BusService {
  readonly #options: BusServiceOptions
  readonly #served: Served[] = []
  readonly #catchingUp: CatchingUp
  #announcement: Announcement | undefined
  #subscription: Subscription | undefined
  #working: Promise<void> | undefined
  #isWorking = false

  constructor(options: BusServiceOptions) {
    this.#options = options
    const { host, signal } = options
    this.#catchingUp = new CatchingUp({ catchUp: () => host.catchUp(), signal })
  }

  /** It takes actions, and the events that the plugin is for. */
  get isWorking(): boolean {
    return this.#isWorking
  }

  /** It can be found and configured. Throws BusError. */
  async begin(): Promise<void> {
    const { bus, plugin, host, config, instance, sharesTurns, signal } = this.#options
    const manifest = manifestOf(plugin)
    this.#served.push(
      await bus.serve(['define', plugin.name], async () => manifest),
      await bus.serve(
        ['config', plugin.name],
        async ({ body, requestId }) => {
          const result = resultOf(await config.apply(body, { requestId }))
          // Whoever has its answer may send actions.
          await this.work()
          return result
        },
        { group: `config-${instance.replace(/[^A-Za-z0-9_-]/g, '_')}` },
      ),
    )
    if (host.configuration.state === 'ok') await this.work()
    if (signal.aborted) return
    const hash = createHash('sha256').update(JSON.stringify(manifest)).digest('hex')
    const { name, version } = plugin
    const detail = { manifest: hash, sharesTurns }
    this.#announcement = await bus.announce({ kind: 'plugin', name, instance, version, detail })
  }

  /** It takes actions and events, from the first config on that succeeded. May be called often. Throws BusError. */
  async work(): Promise<void> {
    this.#working ??= this.#beginWork()
    await this.#working
  }

  /** Once the signal is aborted: takes nothing new, and waits for what was accepted. */
  async stop(timeoutMs: number): Promise<void> {
    await this.#announcement?.stop()
    await this.#working?.catch(() => undefined)
    await Promise.all([...this.#served, this.#subscription].map((one) => one?.stop({ timeoutMs })))
  }

  async #beginWork(): Promise<void> {
    const { bus, plugin, host } = this.#options
    const limits = { concurrency: ACTIONS_MAX }
    const serving = bus.serve(
      ['action', plugin.name, '*'],
      async ({ subject, body, requestId, trace }) => {
        const action = isJsonObject(body) ? { ...body, Command: body.Command ?? subject[2] } : body
        if (isJsonObject(action) && action.Command !== subject[2])
          throw new Refusal(400, 'Command is not the subject’s')
        return resultOf(await host.action(action, { requestId, traceHeaders: { ...trace } }))
      },
      limits,
    )
    this.#served.push(await serving)
    const events = durableEvents(manifestOf(plugin))
    if (!events) {
      this.#isWorking = true
      return
    }
    const options = { ...events, ...EVENT_LIMITS }
    this.#subscription = await this.#inTime(() =>
      bus.subscribe(options, (event, delivery) => this.#handle(event, delivery)),
    )
    if (!this.#subscription) return
    this.#isWorking = true
    // The bus keeps events from the first subscription on, as long as its limits say: the rest is caught up with.
    if (plugin.events?.catchUp) this.#catchingUp.ask()
  }

  /** Tried until the bus is there; undefined once it is stopped. Throws BusError for what does not pass. */
  async #inTime<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { signal, onWaiting } = this.#options
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        return await work()
      } catch (error) {
        if (!isAway(error) || isForbidden(error)) throw error
        if (failures === 0) onWaiting(error.message)
        await pause(AGAIN_MS, signal)
      }
    }
    return undefined
  }

  async #handle({ id, ...event }: BusEvent, { requestId }: Delivery): Promise<void> {
    if (NOT_HANDLED.includes(event.Type)) return
    await this.#options.host.handleEvent({ ...event, Id: id }, { requestId })
  }
}

/** The bus was not reached, or did not answer. Refused credentials and wrong addresses do not pass. */
function isAway(error: unknown): error is BusError {
  return error instanceof BusError && (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT')
}

/** The bus says of a user without the right to a subject that the call failed, as it says of one that may pass. */
function isForbidden(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'PermissionViolationError' || isForbidden(error.cause)
}

function resultOf({ status, body }: Answer): unknown {
  if (Buffer.byteLength(body) > RESULT_BYTES_MAX) throw new Refusal(413, 'the result is longer than the bus carries')
  const value: unknown = parseJson(body)
  if (status === 200) return value
  const messages = isJsonObject(value) && Array.isArray(value.Messages) ? value.Messages : []
  throw new Refusal(status, messages.join('; '), value)
}
