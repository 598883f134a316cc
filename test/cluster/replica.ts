import { readFileSync } from 'node:fs'
import { builtExecutable, type ChildProcessHandle, startProcess, type TestScope, tempFolder } from '@powerbus/testkit'

const program = builtExecutable('plugins/ipmi')

/** One of several processes that serve the plugin, and may be killed and started again at any time. */
export class Replica {
  readonly name: string
  readonly #scope: TestScope
  readonly #env: Record<string, string>
  readonly #state: string
  #process: ChildProcessHandle | undefined
  isFrozen = false
  /** All that it has been so far. */
  readonly processes: ChildProcessHandle[] = []
  /** Ends that nobody here asked for. */
  readonly crashes: string[] = []

  constructor(scope: TestScope, name: string, env: Record<string, string>) {
    this.name = name
    this.#scope = scope
    this.#env = env
    this.#state = tempFolder(scope)
  }

  get isRunning(): boolean {
    return this.#process !== undefined && !this.isFrozen
  }

  /** Fulfilled when its HTTP answers; it joins the bus by itself. */
  async start(): Promise<void> {
    const args = ['serve', '--http', '127.0.0.1:0', '--instance', this.name]
    const env = { ...this.#env, POWERBUS_STATE: this.#state }
    const child = await startProcess(this.#scope, program, args, { env })
    this.#process = child
    this.processes.push(child)
    void child.exited.then(({ code, signal }) => {
      if (this.#process === child)
        this.crashes.push(`${this.name} ended with ${code ?? signal}: ${child.output.stderr}`)
    })
    await child.waitForOutput(/^http:\/\/\S+$/m)
  }

  /** Ids of requests whose end it knew and could not record. */
  get unrecorded(): string[] {
    return this.processes.flatMap(({ output }) =>
      Array.from(output.stderr.matchAll(/the end of request (\S+) could not be recorded/g), ([, id = '']) => id),
    )
  }

  /** SIGKILL: it has no time to say anything to anybody. */
  async kill(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    this.isFrozen = false
    await child?.end()
  }

  freeze(): void {
    this.isFrozen = true
    this.#process?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process?.kill('SIGCONT')
    this.isFrozen = false
  }

  /** SIGTERM, as a supervisor stops it. Gives its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#process
    this.#process = undefined
    child?.kill('SIGTERM')
    return child ? (await child.exited).code : null
  }

  /** High-water mark of the resident memory of the running process in KiB; 0 where there is none. */
  get peakKib(): number {
    if (!this.#process) return 0
    return peakKibOf(this.#process.pid)
  }
}

/** High-water mark of a process's resident memory in KiB; 0 where it has just ended. */
export function peakKibOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return 0
    throw error
  }
}
