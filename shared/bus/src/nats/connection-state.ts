import { type NatsConnection, PermissionViolationError } from '@nats-io/transport-node'
import { unlessAborted } from '@powerbus/turns'
import { BusError } from '../bus-error.ts'
import type { BusState } from '../bus-figures.ts'

/** Follows what the client says of its connection. */
export class ConnectionState {
  readonly #onNotice: (message: string) => void
  readonly #onChange: (isConnected: boolean) => void
  readonly #onForbidden: (subject: string, message: string) => void
  #state: BusState = 'connected'
  #reconnects = 0
  /** Aborted when the connection is cut; another one for each connection. */
  #cut = new AbortController()
  /** Fulfilled when the connection is there, or back. */
  #there: Promise<void> = Promise.resolve()
  #isBack: () => void = () => undefined

  /** `onForbidden` is called with each subject that this user may not publish to. */
  constructor(
    connection: NatsConnection,
    onNotice: (message: string) => void,
    onChange: (isConnected: boolean) => void,
    onForbidden: (subject: string, message: string) => void,
  ) {
    this.#onNotice = onNotice
    this.#onChange = onChange
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

  /** Fulfilled at once, or when the connection is back; rejects with the signal's reason. */
  connected(signal: AbortSignal): Promise<void> {
    return unlessAborted(this.#there, signal)
  }

  /** The work's result, or a rejection as soon as the connection is gone: its answer would not come. */
  unlessCut<T>(work: (cut: AbortSignal) => Promise<T>): Promise<T> {
    return unlessAborted(work(this.#cut.signal), this.#cut.signal)
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
    if (state === 'connected') {
      this.#cut = new AbortController()
      this.#isBack()
    } else if (!this.#cut.signal.aborted) {
      this.#cut.abort(new BusError('UNAVAILABLE', 'the connection to the bus was cut'))
      this.#there = new Promise((resolve) => {
        this.#isBack = resolve
      })
    }
    this.#onChange(state === 'connected')
  }
}
