import type { EventEmitter } from 'node:events'
import { StoreError } from '../store-error.ts'
import type { RedisClient } from './connect.ts'
import type { Script } from './scripts.ts'

/** Most calls that wait for the connection; more are refused, which bounds the memory while Redis is unreachable. */
const WAITING_MAX = 10_000

export interface ConnectionOptions {
  /** Name of Redis for messages. */
  readonly name: string
  /** Longest wait for the connection, and longest wait for the answer, in milliseconds. */
  readonly commandMs: number
  readonly onNotice: (message: string) => void
}

/** A Redis client whose calls all end in time and whose failures are all StoreErrors. */
export class Connection {
  readonly client: RedisClient
  readonly #options: ConnectionOptions
  readonly #waiting = new Set<() => void>()
  #inFlight = 0
  #idle: (() => void) | undefined
  #lastError: Error | undefined
  #wasReady = true
  #closed = false

  constructor(client: RedisClient, options: ConnectionOptions) {
    this.client = client
    this.#options = options
    // A cluster client reports errors of one node as 'node error'.
    for (const event of ['error', 'node error']) {
      ;(client as EventEmitter).on(event, (error: Error) => {
        this.#lastError = error
      })
    }
    client.on('ready', () => {
      if (!this.#wasReady) options.onNotice(`${options.name} is connected again`)
      this.#wasReady = true
      for (const wake of this.#waiting) wake()
    })
    client.on('close', () => {
      if (this.#wasReady && !this.#closed)
        options.onNotice(`${options.name} is not reachable${this.#because()}; reconnecting`)
      this.#wasReady = false
    })
  }

  /** Throws STORE_CLOSED after `close`. */
  checkOpen(): void {
    if (this.#closed) throw new StoreError('STORE_CLOSED', `${this.#options.name} is closed`)
  }

  /**
   * Runs `work` with the client. Rejects with STORE_CLOSED, or STORE_UNAVAILABLE without a connection or answer in
   * time.
   */
  async run<T>(work: (client: RedisClient) => Promise<T>): Promise<T> {
    this.checkOpen()
    this.#inFlight += 1
    try {
      await this.#ready()
      return await work(this.client)
    } catch (error) {
      if (error instanceof StoreError) throw error
      const reason = error instanceof Error ? error.message : String(error)
      throw new StoreError('STORE_UNAVAILABLE', `${this.#options.name}: ${reason}`, { cause: error })
    } finally {
      this.#inFlight -= 1
      if (this.#inFlight === 0) this.#idle?.()
    }
  }

  /** Runs a script by its SHA-1; sends the text if the server does not know it (new or restarted server). */
  async script(script: Script, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    return await this.run(async (client) => {
      try {
        return await client.evalsha(script.sha, script.keys, ...keys, ...values)
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
        return await client.eval(script.lua, script.keys, ...keys, ...values)
      }
    })
  }

  /** Waits for the calls under way, then disconnects. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    }
    this.client.disconnect()
  }

  async #ready(): Promise<void> {
    if (this.client.status === 'ready') return
    if (this.#waiting.size >= WAITING_MAX)
      throw this.#away(`${WAITING_MAX} calls are already waiting for the connection`)
    const { promise, resolve, reject } = deferred()
    const timer = setTimeout(
      () => reject(this.#away(`no connection within ${this.#options.commandMs} ms`)),
      this.#options.commandMs,
    )
    this.#waiting.add(resolve)
    try {
      await promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(resolve)
    }
  }

  #away(what: string): StoreError {
    return new StoreError('STORE_UNAVAILABLE', `${this.#options.name}: ${what}${this.#because()}`, {
      cause: this.#lastError,
    })
  }

  #because(): string {
    return this.#lastError ? ` (${this.#lastError.message})` : ''
  }
}

function deferred() {
  let resolve: () => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
