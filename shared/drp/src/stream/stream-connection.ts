import { channel } from 'node:diagnostics_channel'
import type { Agent, WebSocket } from 'undici'
import { DrpApiError } from '../client/drp-api-error.ts'
import { type DrpEvent, decodeDrpEvent } from '../drp-event.ts'

/** Type of the events that answer `register` (§5). */
export const STREAM_EVENT_TYPE = 'websocket'

export interface ConnectionOptions {
  /** `wss://HOST:PORT/api/v3/ws` */
  readonly url: string
  readonly token: string
  readonly agent: Agent
  readonly connectMs: number
  readonly answerMs: number
  readonly pingMs: number
  onEvent(event: DrpEvent): void
  /** Called for a frame that is not an event. */
  onInvalid(error: DrpApiError): void
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: DrpApiError) => void
  readonly late: NodeJS.Timeout
}

type Undici = Pick<typeof import('undici'), 'WebSocket' | 'ping'>

/** One WebSocket connection to the event stream, from handshake to end. */
export class StreamConnection {
  /** Resolves with the reason when the connection has ended; never rejects. */
  readonly ended: Promise<DrpApiError>
  readonly #options: ConnectionOptions
  readonly #socket: WebSocket
  readonly #ping: Undici['ping']
  /** The last request; one is sent once that before has its answer. */
  #waiting: Waiting | undefined
  readonly #opened: Promise<void>
  #end: (reason: DrpApiError) => void = () => undefined
  #pulse: NodeJS.Timeout | undefined
  #missed = 0

  /** Resolves when the connection is open. @throws DrpApiError */
  static async open(options: ConnectionOptions): Promise<StreamConnection> {
    const connection = new StreamConnection(options, await import('undici'))
    await connection.#opened
    return connection
  }

  private constructor(options: ConnectionOptions, { WebSocket, ping }: Undici) {
    this.#options = options
    this.#ping = ping
    const headers = {
      authorization: `Bearer ${options.token}`,
      accept: 'application/json',
      'cache-control': 'no-store',
    }
    const socket = new WebSocket(options.url, { dispatcher: options.agent, headers })
    this.#socket = socket
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    let cause: unknown
    socket.addEventListener('message', ({ data }) => this.#receive(data))
    socket.addEventListener('error', ({ error }) => {
      cause = error
    })
    socket.addEventListener('close', ({ code, reason }) => {
      const why = [code === 0 ? '' : code, reason].filter(Boolean).join(' ')
      this.#finish(new DrpApiError('unreachable', `the event stream ended: ${why || 'no connection'}`, { cause }))
    })
    const late = setTimeout(() => this.#fail(`no event stream within ${options.connectMs} ms`), options.connectMs)
    this.#opened = Promise.race([
      new Promise<void>((resolve) => socket.addEventListener('open', () => resolve(), { once: true })),
      this.ended.then((reason) => Promise.reject(reason)),
    ])
      .then(() => this.#keepAlive())
      .finally(() => clearTimeout(late))
  }

  /** Resolves when the server has acknowledged the pattern; called again only after that. @throws DrpApiError */
  async register(pattern: string): Promise<void> {
    const { answerMs } = this.#options
    await new Promise<void>((resolve, reject) => {
      if (this.#socket.readyState !== this.#socket.OPEN) {
        reject(new DrpApiError('unreachable', 'the event stream has ended'))
        return
      }
      const late = setTimeout(() => this.#fail(`register ${pattern}: no answer within ${answerMs} ms`), answerMs)
      this.#waiting = { resolve, reject, late }
      this.#socket.send(`register ${pattern}`)
    })
  }

  close(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.close(1000)
    this.#finish(new DrpApiError('unreachable', 'the event stream was closed'))
  }

  #receive(data: unknown): void {
    this.#missed = 0
    let event: DrpEvent
    try {
      event = decodeDrpEvent(JSON.parse(String(data)))
    } catch (cause) {
      this.#options.onInvalid(new DrpApiError('protocol', 'a frame of the event stream is not an event', { cause }))
      return
    }
    if (event.Type !== STREAM_EVENT_TYPE) this.#options.onEvent(event)
    else this.#answered(event)
  }

  #answered({ Action, Key }: DrpEvent): void {
    clearTimeout(this.#waiting?.late)
    if (Action === 'error') this.#waiting?.reject(new DrpApiError('refused', `the event stream refused ${Key}`))
    else this.#waiting?.resolve()
  }

  /** Ends the connection after two pings without a pong or any frame in between. */
  #keepAlive(): void {
    const pongs = channel('undici:websocket:pong')
    const alive = (message: unknown) => {
      if ((message as { readonly websocket?: unknown }).websocket === this.#socket) this.#missed = 0
    }
    pongs.subscribe(alive)
    this.#pulse = setInterval(() => {
      this.#missed += 1
      if (this.#missed > 2) this.#fail('the event stream did not answer two pings')
      else if (this.#socket.readyState === this.#socket.OPEN) this.#ping(this.#socket)
    }, this.#options.pingMs)
    void this.ended.then(() => pongs.unsubscribe(alive))
  }

  #fail(message: string): void {
    this.#finish(new DrpApiError('timeout', message))
    this.#socket.close()
  }

  #finish(reason: DrpApiError): void {
    clearInterval(this.#pulse)
    clearTimeout(this.#waiting?.late)
    this.#waiting?.reject(reason)
    this.#end(reason)
  }
}
