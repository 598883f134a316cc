import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { PowerbusError } from '@powerbus/plugin-sdk'
import {
  type CallbackServer,
  type CallOptions,
  type ForwardedRequest,
  listenForPlugin,
  PluginAnsweredError,
  type PluginCallbacks,
  PluginLink,
  PluginProcess,
} from '@powerbus/plugin-sdk/launch'
import { endsWithin, onAbort, pause } from '@powerbus/turns'
import type { Dispatcher } from 'undici'
import { ConfigAttempts } from './config-attempts.ts'
import type { PluginLog } from './plugin-log.ts'
import { mayPass, reasonsOf } from './refusal-reasons.ts'
import { RestartBackoff, type RestartLimits } from './restart-backoff.ts'
import type { RunningPlugin } from './running-plugin.ts'

const CONFIG_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 5_000

export interface RunnerOptions {
  readonly name: string
  readonly executable: string
  readonly folder: string
  readonly toSocket: string
  readonly fromSocket: string
  readonly environment: Record<string, string>
  /** The plugin's params as they are now, fully expanded and opened. */
  readonly params: () => Readonly<Record<string, unknown>>
  readonly callbacks: Omit<PluginCallbacks, 'log' | 'leaving'>
  readonly log: PluginLog
  readonly restart: RestartLimits
  readonly readyTimeoutMs: number
  /** Told whenever `errors` has changed. Must not throw. */
  readonly onState: () => void
}

/**
 * Keeps one plugin running: starts it, configures it, starts it again after a crash, stops it. One that was given up is started
 * again when its config has changed.
 */
export class PluginRunner implements RunningPlugin {
  readonly #options: RunnerOptions
  readonly #stopping = new AbortController()
  readonly #attempts = new ConfigAttempts((signal) => this.#tellConfig(signal))
  #errors: readonly string[] = ['it is starting']
  #link: PluginLink | undefined
  #process: PluginProcess | undefined
  #opening: Promise<CallbackServer> | undefined
  #supervision: Promise<void> | undefined
  /** The params that the last run had, or would have had. */
  #tried: Readonly<Record<string, unknown>> | undefined
  /** They have changed since: what kept it from running may be gone. */
  #isRenewed = false
  #wake: (() => void) | undefined
  #whenRun: (() => void)[] = []
  #restarts = 0

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  /** What keeps it from taking actions; nothing where it does. */
  get errors(): readonly string[] {
    return this.#errors
  }

  get figures() {
    return { replicas: Number(this.#link !== undefined), restarts: this.#restarts }
  }

  /** Fulfilled when the first run is configured or has failed: `errors` tells which. */
  async start(): Promise<void> {
    if (this.#isAsked) return
    this.#opening = this.#open()
    await this.#opening
    if (this.#isAsked) return
    const firstRun = this.#nextRun()
    this.#supervision = this.#supervise()
    await firstRun
  }

  async #open(): Promise<CallbackServer> {
    const { name, folder, fromSocket, callbacks, log } = this.#options
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return await listenForPlugin(name, fromSocket, {
      ...callbacks,
      log: (line) => log.forward(line),
      leaving: (error) => log.write(this.#isAsked ? 'debug' : 'warn', 'the plugin is about to end', { error }),
    })
  }

  /** Fulfilled when a run is configured or has failed, whichever comes next. */
  async #nextRun(): Promise<void> {
    await new Promise<void>((resolve) => this.#whenRun.push(resolve))
  }

  #hasRun(): void {
    for (const tell of this.#whenRun.splice(0)) tell()
  }

  /** Throws PLUGIN_UNAVAILABLE where it is not running, and what PluginLink.call throws. */
  async call(path: 'action' | 'publish', body: unknown, options: CallOptions): Promise<string> {
    return await this.#workingLink().call(path, body, options)
  }

  /** Throws as `call` does; a plugin that refuses its config still answers for itself, and may say what it lacks. */
  async forward(request: ForwardedRequest): Promise<Dispatcher.ResponseData> {
    return await (this.#link ?? this.#workingLink()).forward(request)
  }

  #become(errors: readonly string[]): void {
    this.#errors = errors
    this.#options.onState()
  }

  /** Whether its end is our own doing. */
  get #isAsked(): boolean {
    return this.#stopping.signal.aborted
  }

  #workingLink(): PluginLink {
    if (this.#link !== undefined && this.#errors.length === 0) return this.#link
    const text = `plugin ${this.#options.name} cannot work now: ${this.#errors.join('; ')}`
    throw new PowerbusError('PLUGIN_UNAVAILABLE', text)
  }

  /**
   * Tells it its params anew; what it objects to is in `errors` then. Where none runs now and they have changed, the next run is at
   * once, and it has all its attempts again.
   */
  async configure(): Promise<void> {
    if (this.#link !== undefined) return await this.#attempts.ask()
    if (this.#isAsked || this.#supervision === undefined) return
    if (isDeepStrictEqual(this.#options.params(), this.#tried)) return
    this.#isRenewed = true
    const nextRun = this.#nextRun()
    this.#wake?.()
    await nextRun
  }

  #takeParams(): Readonly<Record<string, unknown>> {
    this.#isRenewed = false
    this.#tried = this.#options.params()
    return this.#tried
  }

  /** Whether it failed in a way that may pass. */
  async #tellConfig(cancelled: AbortSignal): Promise<boolean> {
    const { name, log } = this.#options
    const [link, process] = [this.#link, this.#process]
    if (link === undefined || process === undefined) return false
    try {
      const body = { ...this.#takeParams(), Name: name }
      const signal = AbortSignal.any([cancelled, AbortSignal.timeout(CONFIG_TIMEOUT_MS)])
      await link.call('config', body, { requestId: randomUUID(), signal })
      this.#become([])
      return false
    } catch (error) {
      if (cancelled.aborted) return false
      const isAnswer = error instanceof PluginAnsweredError
      this.#become(isAnswer ? reasonsOf(error.body) : [String(error)])
      log.write('warn', 'the plugin refuses its config', { errors: this.#errors })
      if (isAnswer) return mayPass(error.status, error.body)
      // Not its refusal, but that it hangs or broke off: begin anew.
      process.kill()
      return false
    }
  }

  /** Asks it to end, and kills it where it has not after 5 s. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake?.()
    this.#attempts.stop()
    // Whoever started it has been told why it did not open.
    const server = await this.#opening?.catch(() => undefined)
    await this.#endProcess()
    await this.#supervision
    await server?.close()
    this.#become(['it is stopped'])
  }

  async #endProcess(): Promise<void> {
    const process = this.#process
    if (process === undefined) return
    const startedMs = performance.now()
    if (this.#link === undefined) process.terminate()
    else await this.#askToStop(this.#link)
    const leftMs = Math.max(0, STOP_TIMEOUT_MS - (performance.now() - startedMs))
    if (await endsWithin(process.ended, leftMs)) return
    this.#options.log.write('warn', `the plugin did not stop within ${STOP_TIMEOUT_MS} ms and is killed`)
    process.kill()
    await process.ended
  }

  async #askToStop(link: PluginLink): Promise<void> {
    try {
      await link.call('stop', {}, { requestId: randomUUID(), signal: AbortSignal.timeout(STOP_TIMEOUT_MS) })
    } catch (error) {
      this.#options.log.write('debug', 'no answer to stop', { error: String(error) })
    }
  }

  async #supervise(): Promise<void> {
    let backoff = new RestartBackoff(this.#options.restart)
    while (!this.#isAsked) {
      const { problem, workedMs } = await this.#runOnce().catch((error) => ({ problem: String(error), workedMs: 0 }))
      if (this.#isAsked) break
      const waitMs = backoff.next(workedMs)
      if (waitMs === undefined) {
        this.#become([`given up after ${backoff.failures} failed runs`, problem])
        this.#options.log.write('error', 'the plugin keeps failing and is given up', { problem })
      } else {
        this.#become([`it failed and is started again: ${problem}`])
        this.#options.log.write('warn', 'the plugin failed and is started again', { problem, waitMs })
      }
      if (!this.#isRenewed) {
        this.#hasRun()
        await this.#pause(waitMs)
      }
      if (this.#isAsked) break
      if (this.#isRenewed) {
        backoff = new RestartBackoff(this.#options.restart)
        this.#become(['it is starting'])
      }
      this.#restarts += 1
    }
    this.#hasRun()
  }

  /** From start to end; gives what went wrong, in words, and how long it was ready. */
  async #runOnce(): Promise<{ readonly problem: string; readonly workedMs: number }> {
    // A plugin removes an old socket itself, says the contract; one that does not would never start again.
    await rm(this.#options.toSocket, { force: true })
    if (this.#isAsked) return { problem: 'it is stopped', workedMs: 0 }
    this.#takeParams()
    const process = new PluginProcess({
      ...this.#options,
      onLine: (line, from) => this.#options.log.write('debug', line, { from }),
    })
    this.#process = process
    let problem: string | undefined
    let readyAtMs: number | undefined
    try {
      await process.ready(this.#options.readyTimeoutMs)
      readyAtMs = performance.now()
      this.#link = new PluginLink(this.#options.name, this.#options.toSocket)
      await this.#attempts.ask()
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
    this.#attempts.cancel()
    await link?.close()
    const lines = process.lastLines.length === 0 ? '' : `; its last words: ${process.lastLines.join(' | ')}`
    return { problem: `${problem ?? `it ${how}`}${lines}`, workedMs }
  }

  /** Until the time is over (never, where it is undefined), the config has changed, or it is stopped. */
  async #pause(waitMs: number | undefined): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    if (waitMs === undefined) await new Promise<void>((resolve) => void onAbort(woken.signal, resolve))
    else await pause(waitMs, woken.signal)
  }
}
