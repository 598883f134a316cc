import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Dispatcher } from 'undici'
import { Backoff, type RestartLimits } from './backoff.ts'
import { type CallbackServer, listenForPlugin, type PluginCallbacks } from './callback-server.ts'
import { type CallOptions, type ForwardedRequest, PluginAnsweredError, PluginLink } from './plugin-link.ts'
import type { PluginLog } from './plugin-log.ts'
import { PluginProcess } from './plugin-process.ts'
import { reasonsOf } from './refusal-reasons.ts'
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

/** Keeps one plugin running: starts it, configures it, starts it again after a crash, stops it. */
export class PluginRunner implements RunningPlugin {
  readonly #options: RunnerOptions
  readonly #stopping = new AbortController()
  #errors: readonly string[] = ['it is starting']
  #link: PluginLink | undefined
  #process: PluginProcess | undefined
  #server: CallbackServer | undefined
  #supervision: Promise<void> | undefined
  #firstRun: (() => void) | undefined
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
    const { name, folder, fromSocket, callbacks, log } = this.#options
    await mkdir(folder, { recursive: true, mode: 0o700 })
    this.#server = await listenForPlugin(name, fromSocket, {
      ...callbacks,
      log: (line) => log.forward(line),
      leaving: (error) => log.write(this.#isAsked ? 'debug' : 'warn', 'the plugin is about to end', { error }),
    })
    const firstRun = new Promise<void>((resolve) => {
      this.#firstRun = resolve
    })
    this.#supervision = this.#supervise()
    await firstRun
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

  /** Tells it its params anew. What it objects to is in `errors` then. */
  async configure(): Promise<void> {
    const process = this.#process
    if (this.#link === undefined || process === undefined) return
    const body = { ...this.#options.params(), Name: this.#options.name }
    try {
      const signal = AbortSignal.timeout(CONFIG_TIMEOUT_MS)
      await this.#link.call('config', body, { requestId: randomUUID(), signal })
      this.#become([])
    } catch (error) {
      this.#become(error instanceof PluginAnsweredError ? reasonsOf(error.body) : [String(error)])
      this.#options.log.write('warn', 'the plugin refuses its config', { errors: this.#errors })
      // Not its refusal, but that it hangs or broke off: begin anew.
      if (!(error instanceof PluginAnsweredError)) process.kill()
    }
  }

  /** Asks it to end, and kills it where it has not after 5 s. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#endProcess()
    await this.#supervision
    await this.#server?.close()
    this.#become(['it is stopped'])
  }

  async #endProcess(): Promise<void> {
    const process = this.#process
    if (process === undefined) return
    const startedMs = performance.now()
    if (this.#link === undefined) process.terminate()
    else await this.#askToStop(this.#link)
    const leftMs = Math.max(0, STOP_TIMEOUT_MS - (performance.now() - startedMs))
    if (await process.endedWithin(leftMs)) return
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
    const backoff = new Backoff(this.#options.restart)
    while (!this.#stopping.signal.aborted) {
      const { problem, workedMs } = await this.#runOnce().catch((error) => ({ problem: String(error), workedMs: 0 }))
      if (this.#stopping.signal.aborted) break
      const waitMs = backoff.next(workedMs)
      if (waitMs === undefined) {
        this.#become([`given up after ${backoff.failures} failed runs`, problem])
        this.#options.log.write('error', 'the plugin keeps failing and is given up', { problem })
        this.#firstRun?.()
        return
      }
      this.#become([`it failed and is started again: ${problem}`])
      this.#options.log.write('warn', 'the plugin failed and is started again', { problem, waitMs })
      this.#firstRun?.()
      await this.#pause(waitMs)
      this.#restarts += 1
    }
    this.#firstRun?.()
  }

  /** From start to end; gives what went wrong, in words, and how long it was ready. */
  async #runOnce(): Promise<{ readonly problem: string; readonly workedMs: number }> {
    // A plugin removes an old socket itself, says the contract; one that does not would never start again.
    await rm(this.#options.toSocket, { force: true })
    if (this.#stopping.signal.aborted) return { problem: 'it is stopped', workedMs: 0 }
    const process = new PluginProcess(this.#options)
    this.#process = process
    let problem: string | undefined
    let readyAtMs: number | undefined
    try {
      await process.ready(this.#options.readyTimeoutMs)
      readyAtMs = performance.now()
      this.#link = new PluginLink(this.#options.name, this.#options.toSocket)
      await this.configure()
      this.#firstRun?.()
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
      process.kill()
    }
    const how = await process.ended
    const workedMs = readyAtMs === undefined ? 0 : performance.now() - readyAtMs
    const link = this.#link
    this.#link = undefined
    this.#process = undefined
    await link?.close()
    const lines = process.lastLines.length === 0 ? '' : `; its last words: ${process.lastLines.join(' | ')}`
    return { problem: `${problem ?? `it ${how}`}${lines}`, workedMs }
  }

  async #pause(waitMs: number): Promise<void> {
    try {
      await sleep(waitMs, undefined, { signal: this.#stopping.signal })
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error
    }
  }
}
