import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { within } from '@powerbus/turns'
import { forEachLine } from './for-each-line.ts'
import { killGroup } from './kill-group.ts'

const READY_LINE = 'READY!'
const LAST_LINES = 10

export interface ProcessOptions {
  readonly executable: string
  /** Scratch folder: the working directory. */
  readonly folder: string
  readonly toSocket: string
  readonly fromSocket: string
  readonly environment: Record<string, string>
  /** Each line that it prints, but READY!. */
  readonly onLine: (line: string, from: 'stdout' | 'stderr') => void
}

/** One run of a plugin's `listen`. */
export class PluginProcess {
  /** How it ended, in words; never rejected. */
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  readonly #ready: Promise<void>
  readonly #lastLines: string[] = []

  constructor(options: ProcessOptions) {
    // A group of its own: Ctrl-C on the terminal is for the endpoint, which lets accepted work finish first. Its stdin is
    // a pipe from us that nothing is written to: it ends when this process does, however it dies.
    this.#child = spawn(options.executable, ['listen', options.toSocket, options.fromSocket], {
      cwd: options.folder,
      env: options.environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    this.#child.stdin?.on('error', () => undefined)
    const { stdout, stderr } = this.#child
    this.#ready = new Promise((resolve) => {
      if (!stdout) return
      forEachLine(stdout, (line) => {
        if (line.trim() === READY_LINE) resolve()
        else options.onLine(line, 'stdout')
      })
    })
    if (stderr) {
      forEachLine(stderr, (line) => {
        this.#lastLines.push(line.slice(0, 500))
        if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift()
        options.onLine(line, 'stderr')
      })
    }
    this.ended = this.#watch()
  }

  /** What it said on stderr last. */
  get lastLines(): readonly string[] {
    return this.#lastLines
  }

  /** Fulfilled at READY!. Throws an Error where it ends, or does not get there in time. */
  async ready(timeoutMs: number): Promise<void> {
    const late = () => new Error(`it did not say READY! within ${timeoutMs} ms`)
    const early = this.ended.then((how) => Promise.reject(new Error(`it ${how} before READY!`)))
    await within({ timeoutMs, late }, () => Promise.race([this.#ready, early]))
  }

  terminate(): void {
    this.#child.kill('SIGTERM')
  }

  /** Kills it and what it has started, unless it has ended. */
  kill(): void {
    const { pid, exitCode, signalCode, stdout, stderr } = this.#child
    if (exitCode === null && signalCode === null) killGroup(pid)
    stdout?.destroy()
    stderr?.destroy()
  }

  async #watch(): Promise<string> {
    try {
      const [code, signal] = await once(this.#child, 'exit')
      // What a killed plugin had started would go on without it. One that ended by itself left it on purpose.
      if (signal !== null) killGroup(this.#child.pid)
      return `ended with ${signal ?? `code ${code}`}`
    } catch (error) {
      return `could not be started: ${String(error)}`
    }
  }
}
