import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { openEventStream } from './event-stream.ts'
import { exchange } from './exchange.ts'
import { type FaultRule, takeRule } from './fault-rule.ts'
import { faultyAnswer, writeFaultyBody } from './faulty-answer.ts'
import type { Incoming, Outgoing } from './incoming.ts'
import { refused } from './refusal.ts'
import { sleep } from './service-clock.ts'
import { errorBody } from './service-message.ts'
import { ServiceState, type ServiceStateOptions } from './service-state.ts'

const MAX_HEADER_BYTES = 16 * 1024
const MAX_CONNECTIONS = 100
const MAX_BODY_BYTES = 1024 * 1024
const MAX_UPDATE_BYTES = 64 * 1024 * 1024
/** For idle connections; clients keep theirs for some seconds. */
const KEEP_ALIVE_MS = 60_000
const UPDATE_PATH = /\/UpdateService\/(upload|push)\/?$/

export interface RedfishServiceOptions extends ServiceStateOptions {
  readonly address?: string
  /** 0: any free port. */
  readonly port: number
  /** PEM texts; absent: plain HTTP, over which nobody can log in but with the quirk `plainLogin`. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Largest body of an update; default 64 MiB. */
  readonly maxUpdateBytes?: number
}

export interface RedfishCounters {
  /** Requests by method. */
  readonly requests: Record<string, number>
  connections: number
}

/** A running Redfish service. */
export class RedfishService {
  readonly state: ServiceState
  readonly counters: RedfishCounters = { requests: {}, connections: 0 }
  readonly #options: RedfishServiceOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(options: RedfishServiceOptions) {
    this.#options = options
    this.state = new ServiceState(options)
    const limits = { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS }
    const handle = (request: IncomingMessage, response: ServerResponse) => {
      this.#handle(request, response).catch((error: unknown) => {
        this.state.onError(error)
        request.socket.destroy()
      })
    }
    this.#server = options.tls
      ? createServer({ ...limits, ...options.tls, minVersion: 'TLSv1.2' }, handle)
      : createPlainServer(limits, handle)
    this.#server.maxConnections = MAX_CONNECTIONS
    this.#server.on('connection', (socket) => this.#connected(socket))
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseUnreadable(error, socket as Socket))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get address(): string {
    return (this.#server.address() as AddressInfo).address
  }

  /** `https://127.0.0.1:8443`. */
  get url(): string {
    const { address, port } = this
    const host = address.includes(':') ? `[${address}]` : address
    return `${this.#options.tls ? 'https' : 'http'}://${host}:${port}`
  }

  async listen(): Promise<void> {
    const { port, address = '127.0.0.1' } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, address, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
  }

  /** Breaks all connections, and stops listening. */
  async close(): Promise<void> {
    this.state.close()
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #connected(socket: Socket): void {
    this.counters.connections++
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request
    this.counters.requests[method] = (this.counters.requests[method] ?? 0) + 1
    // Broken connections end the request by themselves.
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    if (this.state.isDown) return void request.socket.destroy()
    const { quirks, clock } = this.state
    const rule = takeRule(quirks.rules, method, url)
    if (rule?.latencyMs !== undefined) await sleep(clock, rule.latencyMs)
    if (rule?.lose === 'request') return void request.socket.destroy()
    const body = await readBody(request, UPDATE_PATH.test(url) ? this.#maxUpdateBytes : MAX_BODY_BYTES)
    if (rule?.hang) return
    if (body === undefined) return tooLarge(response)
    const incoming = incomingOf(request, body, this.#options.tls !== undefined)
    const instead = rule && faultyAnswer(rule)
    const answer = instead ?? (await exchange(this.state, incoming, this.state.onError))
    if (rule?.lose === 'answer') return void request.socket.destroy()
    if (answer.stream) return openEventStream(this.state, request, response)
    send(response, answer, method, rule)
  }

  get #maxUpdateBytes(): number {
    return this.#options.maxUpdateBytes ?? MAX_UPDATE_BYTES
  }
}

/** Starts a service. Rejects with the system's error where it cannot listen. */
export async function startRedfishService(options: RedfishServiceOptions): Promise<RedfishService> {
  const service = new RedfishService(options)
  await service.listen()
  return service
}

function incomingOf(request: IncomingMessage, body: Uint8Array, isSecure: boolean): Incoming {
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value[0] : value
  const { method = 'GET', url = '/' } = request
  return { method, url, headers, body, from: request.socket.remoteAddress ?? '', isSecure }
}

function send(response: ServerResponse, answer: Outgoing, method: string, rule: FaultRule | undefined): void {
  const body = answer.body === undefined ? undefined : Buffer.from(answer.body)
  const length = body || ![204, 304].includes(answer.status) ? { 'Content-Length': String(body?.length ?? 0) } : {}
  if (rule && writeFaultyBody(response, answer, rule)) return
  response.writeHead(answer.status, { ...answer.headers, ...length })
  response.end(method === 'HEAD' ? undefined : body)
}

/** Undefined: the body is larger. The rest of it is not read. */
async function readBody(request: IncomingMessage, most: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > most) return undefined
      chunks.push(chunk)
    }
  } catch {
    // The client went away: whatever is answered reaches nobody.
    return new Uint8Array(0)
  }
  return Buffer.concat(chunks)
}

function tooLarge(response: ServerResponse): void {
  const body = JSON.stringify(errorBody(refused(413, 'PayloadTooLarge').messages))
  const type = {
    'Content-Type': 'application/json; charset=utf-8',
    'OData-Version': '4.0',
    'Cache-Control': 'no-cache',
  }
  response.writeHead(413, { ...type, 'Content-Length': Buffer.byteLength(body), Connection: 'close' })
  response.end(body)
}

/** What is no request of HTTP: headers over the limit, an unknown method, rubbish. */
function refuseUnreadable({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || code === 'ECONNRESET') return void socket.destroy()
  const status =
    code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : code === 'HPE_INVALID_METHOD'
        ? '501 Not Implemented'
        : '400 Bad Request'
  socket.end(
    `HTTP/1.1 ${status}\r\nOData-Version: 4.0\r\nCache-Control: no-cache\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
  )
}
