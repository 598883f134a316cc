import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'

export type EnvelopeType = 'events_api' | 'interactive' | 'slash_commands'
export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets'

export interface Envelope {
  readonly envelope_id: string
  readonly type: EnvelopeType
  readonly accepts_response_payload: boolean
  readonly payload: Readonly<Record<string, unknown>>
  readonly retry_attempt?: number
  readonly retry_reason?: string
}

/** One sending of an envelope, with its acknowledgement. Times are milliseconds since 1970. */
export interface SentEnvelope {
  readonly envelope: Envelope
  readonly sentAtMs: number
  readonly acknowledgedAtMs: number | undefined
  /** Payload of the acknowledgement. */
  readonly response: unknown
}

/** Longest wait for an acknowledgement; after it Slack tells the user that the app did not respond. */
const ACKNOWLEDGE_MS = 3000
const CONNECTIONS_MAX = 10
/** Time from a `disconnect` message to the end of the connection. */
const GRACE_MS = 200
const PING_MS = 10_000

/** The server side of Socket Mode: tickets, hello, envelopes, acknowledgements, and ways to break connections. */
export class SocketModeServer {
  /** All sendings, in order. */
  readonly sent: SentEnvelope[] = []
  readonly #appId: string
  readonly #tickets = new Set<string>()
  readonly #connections = new Set<WebSocket>()
  readonly #waiting = new Map<string, (response: unknown) => void>()
  #server: WebSocketServer | undefined
  #opened = 0

  constructor(appId: string) {
    this.#appId = appId
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Connections opened since the start of the fake. */
  get openedConnections(): number {
    return this.#opened
  }

  /** A path with a ticket for one connection. */
  newPath(): string {
    const ticket = randomUUID()
    this.#tickets.add(ticket)
    return `/link/?ticket=${ticket}&app_id=${this.#appId}`
  }

  start(): void {
    this.#server = new WebSocketServer({ noServer: true })
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake')
    if (pathname !== '/link/' || !this.#tickets.delete(searchParams.get('ticket') ?? '')) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    this.#server?.handleUpgrade(request, socket, head, (connection) => this.#accept(connection))
  }

  /**
   * Sends an envelope to one connection and waits up to 3 s for its acknowledgement. A test can send the same envelope
   * again, like Slack after a lost acknowledgement. Throws if no connection is open.
   */
  async send(
    type: EnvelopeType,
    payload: Envelope['payload'],
    { envelopeId = randomUUID(), attempt = 0 }: { envelopeId?: string; attempt?: number } = {},
  ): Promise<SentEnvelope> {
    const connection = [...this.#connections].at(-1)
    if (!connection) throw new Error('no Socket Mode connection is open')
    const retry = type === 'events_api' ? { retry_attempt: attempt, retry_reason: attempt ? 'timeout' : '' } : {}
    const plain = { envelope_id: envelopeId, type, accepts_response_payload: type === 'slash_commands', payload }
    const envelope: Envelope = { ...plain, ...retry }
    const sentAtMs = Date.now()
    const acknowledged = this.#acknowledgement(envelopeId)
    connection.send(JSON.stringify(envelope))
    const { isThere, response } = await acknowledged
    const sent = { envelope, sentAtMs, acknowledgedAtMs: isThere ? Date.now() : undefined, response }
    this.sent.push(sent)
    return sent
  }

  /** Sends `disconnect` with the reason to every connection, and ends it 200 ms later. */
  disconnect(reason: DisconnectReason): void {
    for (const connection of this.#connections) {
      this.#say(connection, reason)
      this.#connections.delete(connection)
      setTimeout(() => connection.close(1000), GRACE_MS).unref()
    }
  }

  /** Ends every connection without a message. */
  cut(): void {
    for (const connection of this.#connections) connection.terminate()
  }

  stop(): void {
    this.cut()
    for (const connection of this.#server?.clients ?? []) connection.terminate()
    this.#server?.close()
    this.#server = undefined
  }

  #accept(connection: WebSocket): void {
    if (this.#connections.size >= CONNECTIONS_MAX) {
      this.#say(connection, 'too_many_websockets')
      connection.close(1000)
      return
    }
    this.#connections.add(connection)
    this.#opened += 1
    const pings = setInterval(() => connection.ping('from the server'), PING_MS)
    connection.on('close', () => {
      clearInterval(pings)
      this.#connections.delete(connection)
    })
    // A broken connection also emits 'close'; the client reports the cause.
    connection.on('error', () => connection.terminate())
    connection.on('message', (data) => this.#receive(String(data)))
    const info = { host: 'applink-fake', build_number: 1, approximate_connection_time: 18_060 }
    const hello = { type: 'hello', num_connections: this.#connections.size, debug_info: info }
    connection.send(JSON.stringify({ ...hello, connection_info: { app_id: this.#appId } }))
  }

  #say(connection: WebSocket, reason: DisconnectReason): void {
    connection.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'applink-fake' } }))
  }

  #receive(text: string): void {
    const { envelope_id: id, payload } = JSON.parse(text) as { envelope_id?: string; payload?: unknown }
    if (id !== undefined) this.#waiting.get(id)?.(payload)
  }

  #acknowledgement(envelopeId: string): Promise<{ isThere: boolean; response?: unknown }> {
    return new Promise((resolve) => {
      const end = (answer: { isThere: boolean; response?: unknown }) => {
        clearTimeout(timer)
        this.#waiting.delete(envelopeId)
        resolve(answer)
      }
      const timer = setTimeout(() => end({ isThere: false }), ACKNOWLEDGE_MS)
      this.#waiting.set(envelopeId, (response) => end({ isThere: true, response }))
    })
  }
}
