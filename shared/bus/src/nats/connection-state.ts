import { type NatsConnection, PermissionViolationError } from '@nats-io/transport-node'
import { BusError } from '../bus-error.ts'
import type { BusState } from '../bus-figures.ts'

/** Follows what the client says of its connection. */
export class ConnectionState {
  readonly #listeners = new Set<(isConnected: boolean) => void>()
  readonly #onNotice: (message: string) => void
  readonly #onForbidden: (subject: string, message: string) => void
  #state: BusState = 'connected'
  #reconnects = 0

  /** `onForbidden` is told of each subject that this user may not publish to. */
  constructor(
    connection: NatsConnection,
    onNotice: (message: string) => void,
    onForbidden: (subject: string, message: string) => void,
  ) {
    this.#onNotice = onNotice
    this.#onForbidden = onForbidden
    void this.#follow(connection)
    void connection.closed().then(() => this.#becomes('closed'))
  }

  get state(): BusState {
    return this.#state
  }

  get reconnects(): number {
    return this.#reconnects
  }

  onChange(listener: (isConnected: boolean) => void): void {
    this.#listeners.add(listener)
  }

  /** Fulfilled at once, or when the connection is back; rejects with the signal's reason. */
  async connected(signal: AbortSignal): Promise<void> {
    if (this.#state === 'connected') return
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const end = () => {
        this.#listeners.delete(onChange)
        signal.removeEventListener('abort', onAbort)
      }
      const onAbort = () => {
        end()
        reject(signal.reason)
      }
      const onChange = (isConnected: boolean) => {
        if (!isConnected) return
        end()
        resolve()
      }
      signal.addEventListener('abort', onAbort)
      this.#listeners.add(onChange)
    })
  }

  /** The work's result, or a rejection as soon as the connection is gone: its answer would not come. */
  async unlessCut<T>(work: Promise<T>): Promise<T> {
    let onChange: (isConnected: boolean) => void = () => undefined
    const cut = new Promise<never>((_resolve, reject) => {
      onChange = (isConnected) => {
        if (!isConnected) reject(new BusError('UNAVAILABLE', 'the connection to the bus was cut'))
      }
      this.#listeners.add(onChange)
    })
    try {
      return await Promise.race([work, cut])
    } finally {
      this.#listeners.delete(onChange)
    }
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#becomes('reconnecting')
      else if (status.type === 'reconnect') {
        this.#reconnects += 1
        this.#becomes('connected')
      } else if (status.type === 'error') this.#onError(status.error)
    }
  }

  #onError(error: Error): void {
    this.#onNotice(`the bus says: ${error.message}`)
    if (!(error instanceof PermissionViolationError) || error.operation !== 'publish') return
    this.#onForbidden(error.subject, error.message)
  }

  #becomes(state: BusState): void {
    if (this.#state === state || this.#state === 'closed') return
    this.#state = state
    this.#onNotice(state === 'connected' ? 'the bus is back' : `the bus is ${state}`)
    for (const listener of [...this.#listeners]) listener(state === 'connected')
  }
}
