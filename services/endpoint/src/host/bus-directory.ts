import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Bus, Presence, PresenceChange, Stoppable } from '@powerbus/bus'
import { decodeLogLine, isJsonObject, type LogLine } from '@powerbus/drp'
import { durableEvents } from '@powerbus/plugin-sdk'
import { endsWithin, KeyedQueue } from '@powerbus/turns'
import type { Logger } from 'pino'
import { type Provider, readManifest } from './provider.ts'

const DEFINE_TIMEOUT_MS = 10_000
const DEFINE_PAUSES_MS = [100, 500, 2000, 10_000]
/** How long a start waits for the plugins that are on the bus already. */
const FIRST_LOOK_MS = 2000
/** Presence kind of plugins. */
const PLUGIN_PRESENCE = 'plugin'

export interface DirectoryOptions {
  readonly bus: Bus
  readonly log: Logger
  /** Called when a provider's first replica appears, or one with another manifest. */
  onProvider(provider: Provider): Promise<void>
  /** Called for every further replica of a known provider. */
  onReplica(name: string): void
  /** Called when a provider's last replica is gone. */
  onGone(name: string): void
  /** Called for each log line of a plugin. */
  onLog(plugin: string, line: LogLine): void
}

/** Watches the plugins on the bus. Calls for one provider keep their order; providers do not wait for each other. */
export class BusDirectory {
  readonly #options: DirectoryOptions
  readonly #queue = new KeyedQueue()
  readonly #stopping = new AbortController()
  /** Presence details by provider and instance. */
  readonly #instances = new Map<string, Map<string, unknown>>()
  /** Presence detail of each defined provider, at the time of its `define`. */
  readonly #known = new Map<string, unknown>()
  readonly #stoppable: Stoppable[] = []

  constructor(options: DirectoryOptions) {
    this.#options = options
  }

  /** Resolves when `onProvider` was called for the present plugins that answer within 2 s. Throws BusError. */
  async start(): Promise<void> {
    const { bus, onLog } = this.#options
    const logs = await bus.serve(['log', '*'], async ({ subject, body }) => {
      onLog(subject[1] ?? '', decodeLogLine(body))
    })
    const presence = await bus.watchPresence((change) => this.#heard(change))
    this.#stoppable.push(logs, presence)
    // stop() was called during the start.
    if (this.#stopping.signal.aborted) return await this.stop()
    await endsWithin(this.#queue.idle(), FIRST_LOOK_MS)
  }

  /** Number of a provider's replicas. */
  count(name: string): number {
    return this.#instances.get(name)?.size ?? 0
  }

  /** Whether all replicas share turns and request ids, so that any of them may get a repeated request. */
  sharesTurns(name: string): boolean {
    const details = [...(this.#instances.get(name)?.values() ?? [])]
    return details.length > 0 && details.every((detail) => isJsonObject(detail) && detail.sharesTurns === true)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#stoppable.map((one) => one.stop()))
    await this.#queue.idle()
  }

  #heard({ change, presence }: PresenceChange): void {
    const { kind, name, instance, detail } = presence
    if (kind !== PLUGIN_PRESENCE || this.#stopping.signal.aborted) return
    const instances = this.#instances.get(name) ?? new Map<string, unknown>()
    this.#instances.set(name, instances)
    if (change === 'here') instances.set(instance, detail)
    else instances.delete(instance)
    if (instances.size === 0) this.#options.onGone(name)
    const follow = async () => await this.#follow(presence, change === 'here')
    this.#queue.run(name, follow).catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return
      this.#options.log.error({ plugin: name, err: error }, 'a plugin on the bus cannot be used')
    })
  }

  async #follow({ name, detail }: Presence, isNew: boolean): Promise<void> {
    if (this.#stopping.signal.aborted) return
    if (this.count(name) === 0) this.#known.delete(name)
    else if (!this.#known.has(name) || (isNew && !isDeepStrictEqual(this.#known.get(name), detail))) {
      const provider = await this.#define(name)
      await this.#provideEvents(provider)
      await this.#options.onProvider(provider)
      this.#known.set(name, detail)
    } else if (isNew) this.#options.onReplica(name)
  }

  /** A plugin may have no right to make its durable on the bus: it is made here. */
  async #provideEvents({ manifest }: Provider): Promise<void> {
    const { bus, log } = this.#options
    try {
      const events = durableEvents(manifest)
      if (events) await bus.provideDurable(events.durable, events.match)
    } catch (error) {
      log.warn({ plugin: manifest.Name, err: error }, 'the durable for its events cannot be made')
    }
  }

  async #define(name: string): Promise<Provider> {
    const { signal } = this.#stopping
    for (const pauseMs of DEFINE_PAUSES_MS) {
      try {
        return await this.#defineOnce(name)
      } catch (error) {
        if (signal.aborted || this.count(name) === 0) throw error
        await sleep(pauseMs, undefined, { signal })
      }
    }
    return await this.#defineOnce(name)
  }

  async #defineOnce(name: string): Promise<Provider> {
    const options = { timeoutMs: DEFINE_TIMEOUT_MS, signal: this.#stopping.signal }
    const provider = readManifest(await this.#options.bus.request(['define', name], {}, options), undefined)
    if (provider.manifest.Name === name) return provider
    throw new Error(`it announces itself as ${name}, but its manifest is named ${provider.manifest.Name}`)
  }
}
