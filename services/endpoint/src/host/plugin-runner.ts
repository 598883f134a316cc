import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { AvailableAction } from '@powerbus/drp'
import {
  type CallbackServer,
  type CallOptions,
  type ForwardedAnswer,
  type ForwardedRequest,
  listenForPlugin,
  PluginLink,
  PluginProcess,
} from '@powerbus/plugin-sdk/launch'
import { backoffMs, endsWithin, onAbort, pause } from '@powerbus/turns'
import { pluginPrincipal } from '../auth/asking-principal.ts'
import { checkedEvent } from '../events/checked-event.ts'
import type { EventFeed } from '../events/event-feed.ts'
import { defaultRestartLimits, type RestartLimits } from './restart-limits.ts'
import { RunningPlugin, type RunningPluginOptions } from './running-plugin.ts'

const CONFIG_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 5_000
const READY_TIMEOUT_MS = 60_000

export interface RunnerOptions extends RunningPluginOptions {
  readonly executable: string
  /** Actions of its manifest. */
  readonly actions: readonly AvailableAction[]
  /** Working directory of the plugin; it is made. */
  readonly folder: string
  /** Private folder with a short path, for sockets. */
  readonly runtimeFolder: string
  readonly environment: Record<string, string>
  /** The stored objects of a plugin's kind. Throws OBJECT_UNKNOWN. */
  readonly objects: (prefix: string) => Promise<readonly unknown[]>
  /** Publishes the plugin's events. */
  readonly events: EventFeed
  readonly restart?: Partial<RestartLimits> | undefined
  /** 60 000 by default. */
  readonly readyTimeoutMs?: number | undefined
}

/**
 * Starts, configures and stops one plugin, and restarts it after a crash. After too many failed runs it restarts the
 * plugin only when its params change.
 */
export class PluginRunner extends RunningPlugin<RunnerOptions> {
  readonly #sockets = join(this.options.runtimeFolder, randomUUID().slice(0, 8))
  readonly #toSocket = `${this.#sockets}.to`
  readonly #fromSocket = `${this.#sockets}.from`
  readonly #stopping = new AbortController()
  #link: PluginLink | undefined
  #process: PluginProcess | undefined
  #supervision: Promise<void> | undefined
  /** Params of the last run. */
  #tried: Readonly<Record<string, unknown>> | undefined
  /** Aborted when the params change after the last run, so that the next run may succeed. */
  #renewed = new AbortController()
  #whenRun: (() => void)[] = []
  #restarts = 0

  get figures() {
    return { replicas: Number(this.#link !== undefined), restarts: this.#restarts }
  }

  async start(): Promise<void> {
    if (this.#isAsked) return
    const firstRun = this.#nextRun()
    this.#supervision = this.#supervise()
    // Throws where the socket does not open.
    await Promise.race([firstRun, this.#supervision])
  }

  async #open(): Promise<CallbackServer> {
    const { name, folder, events, log, actions } = this.options
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return await listenForPlugin(name, this.#fromSocket, {
      log: (line) => log.forward(line),
      publish: (event, onBehalfOf) => {
        events.publish({ ...checkedEvent(event, actions), Principal: pluginPrincipal(name, onBehalfOf) })
      },
      leaving: (error) => log.write(this.#isAsked ? 'debug' : 'warn', 'the plugin is about to end', { error }),
      objects: this.options.objects,
    })
  }

  /** Resolves when the next run is configured or has failed. */
  async #nextRun(): Promise<void> {
    await new Promise<void>((resolve) => this.#whenRun.push(resolve))
  }

  #hasRun(): void {
    for (const resolve of this.#whenRun.splice(0)) resolve()
  }

  async call(path: 'action' | 'publish', body: unknown, options: CallOptions): Promise<string> {
    return await this.#workingLink().call(path, body, options)
  }

  /** Also forwards to a plugin that refused its config, since its own API may say why. */
  async forward(request: ForwardedRequest): Promise<ForwardedAnswer> {
    return await (this.#link ?? this.#workingLink()).forward(request)
  }

  /** Whether stop() was called. */
  get #isAsked(): boolean {
    return this.#stopping.signal.aborted
  }

  #workingLink(): PluginLink {
    if (this.#link !== undefined && this.errors.length === 0) return this.#link
    throw this.unavailable()
  }

  /**
   * Sends the running plugin its params. Where it does not run and its params have changed, the next run begins at
   * once, with all attempts.
   */
  async configure(): Promise<void> {
    if (this.#link !== undefined) return await this.attempts.ask()
    if (this.#isAsked || this.#supervision === undefined) return
    if (isDeepStrictEqual(this.options.params(), this.#tried)) return
    this.#renewed.abort()
    await this.#nextRun()
  }

  #takeParams(): Readonly<Record<string, unknown>> {
    this.#renewed = new AbortController()
    this.#tried = this.options.params()
    return this.#tried
  }

  protected async sendConfig(cancelled: AbortSignal): Promise<boolean> {
    const link = this.#link
    if (link === undefined) return false
    const body = { ...this.#takeParams(), Name: this.options.name }
    const signal = AbortSignal.any([cancelled, AbortSignal.timeout(CONFIG_TIMEOUT_MS)])
    await link.call('config', body, { requestId: randomUUID(), signal })
    return true
  }

  /** It hung or broke off instead of refusing: restarts it. */
  protected configFailed(): boolean {
    this.#process?.kill()
    return false
  }

  /** Asks the plugin to end, and kills it after 5 s. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.attempts.stop()
    await this.#endProcess()
    // start() has reported why the socket did not open.
    await this.#supervision?.catch(() => undefined)
    this.become(['it is stopped'])
  }

  async #endProcess(): Promise<void> {
    const process = this.#process
    if (process === undefined) return
    const startedMs = performance.now()
    if (this.#link === undefined) process.terminate()
    else await this.#askToStop(this.#link)
    const leftMs = Math.max(0, STOP_TIMEOUT_MS - (performance.now() - startedMs))
    if (await endsWithin(process.ended, leftMs)) return
    this.options.log.write('warn', `the plugin did not stop within ${STOP_TIMEOUT_MS} ms and is killed`)
    process.kill()
    await process.ended
  }

  async #askToStop(link: PluginLink): Promise<void> {
    try {
      await link.call('stop', {}, { requestId: randomUUID(), signal: AbortSignal.timeout(STOP_TIMEOUT_MS) })
    } catch (error) {
      this.options.log.write('debug', 'no answer to stop', { err: error })
    }
  }

  async #supervise(): Promise<void> {
    const server = await this.#open()
    await this.#keepRunning()
    this.#hasRun()
    await server.close()
  }

  async #keepRunning(): Promise<void> {
    const limits = { ...defaultRestartLimits, ...this.options.restart }
    /** Failed runs in a row. */
    let failures = 0
    while (!this.#isAsked) {
      const { problem, workedMs } = await this.#runOnce().catch((error) => ({ problem: String(error), workedMs: 0 }))
      if (this.#isAsked) break
      failures = workedMs >= limits.healthyMs ? 1 : failures + 1
      const waitMs = failures >= limits.attempts ? undefined : backoffMs(limits, failures)
      if (waitMs === undefined) {
        this.become([`given up after ${failures} failed runs`, problem])
        this.options.log.write('error', 'the plugin keeps failing and is not restarted until its params change', {
          problem,
        })
      } else {
        this.become([`it failed and is restarted: ${problem}`])
        this.options.log.write('warn', 'the plugin failed and is restarted', { problem, waitMs })
      }
      if (!this.#renewed.signal.aborted) {
        this.#hasRun()
        await this.#pause(waitMs)
      }
      if (this.#isAsked) break
      if (this.#renewed.signal.aborted) {
        failures = 0
        this.become(['it is starting'])
      }
      this.#restarts += 1
    }
  }

  /** Runs the plugin once, from start to end. `problem` says why it ended; `workedMs` is the time after READY!. */
  async #runOnce(): Promise<{ readonly problem: string; readonly workedMs: number }> {
    // The contract makes the plugin remove an old socket; one that does not could never restart.
    await rm(this.#toSocket, { force: true })
    if (this.#isAsked) return { problem: 'it is stopped', workedMs: 0 }
    this.#takeParams()
    const process = new PluginProcess({
      ...this.options,
      toSocket: this.#toSocket,
      fromSocket: this.#fromSocket,
      onLine: (line, from) => this.options.log.write('debug', line, { from }),
    })
    this.#process = process
    let problem: string | undefined
    let readyAtMs: number | undefined
    try {
      await process.ready(this.options.readyTimeoutMs ?? READY_TIMEOUT_MS)
      readyAtMs = performance.now()
      this.#link = new PluginLink(this.options.name, this.#toSocket)
      await this.attempts.ask()
      this.#hasRun()
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
      process.kill()
    }
    const how = await process.ended
    const workedMs = readyAtMs === undefined ? 0 : performance.now() - readyAtMs
    const link = this.#link
    this.#link = undefined
    this.#process = undefined
    this.attempts.cancel()
    await link?.close()
    const lines = process.lastLines.length === 0 ? '' : `; its last lines: ${process.lastLines.join(' | ')}`
    return { problem: `${problem ?? `it ${how}`}${lines}`, workedMs }
  }

  /** Waits `waitMs` (undefined: for ever), or until the params change or stop() is called. */
  async #pause(waitMs: number | undefined): Promise<void> {
    const woken = AbortSignal.any([this.#renewed.signal, this.#stopping.signal])
    if (waitMs === undefined) await new Promise<void>((resolve) => void onAbort(woken, resolve))
    else await pause(waitMs, woken)
  }
}
