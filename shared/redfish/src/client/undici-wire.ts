import type { Socket } from 'node:net'
import { type buildConnector, Client } from 'undici'
import type { HandshakeSlots } from './handshake-slots.ts'
import type { OpenSocket } from './open-socket.ts'
import type { RedfishClock } from './redfish-clock.ts'
import { type Wire, type WireAnswer, WireFailure, type WireFailureReason, type WireRequest } from './wire.ts'

/** Headers of one answer; BMCs send far less. */
const HEADER_LIMIT_BYTES = 32 * 1024
/** An idle connection is kept so long, unless the BMC names its own limit. */
const KEEP_ALIVE_MS = 15_000
const LONGEST_KEEP_ALIVE_MS = 60_000
/** A connection that answered so lately is taken to be alive even by a request that must not be sent twice. */
const FRESH_MS = 2_000

/** One keep-alive connection to one BMC, over undici. */
export class UndiciWire implements Wire {
  readonly #origin: string
  readonly #openSocket: OpenSocket
  readonly #onConnect: () => void
  readonly #slots: HandshakeSlots
  readonly #clock: RedfishClock
  #client: Client | undefined
  #connecting: Socket | undefined
  #leaveQueue: (() => void) | undefined
  /** Exchanges that the open connection has carried. */
  #carried = 0
  #lastAnswerMs = 0

  constructor(
    origin: string,
    openSocket: OpenSocket,
    slots: HandshakeSlots,
    clock: RedfishClock,
    onConnect: () => void,
  ) {
    this.#origin = origin
    this.#slots = slots
    this.#clock = clock
    this.#openSocket = openSocket
    this.#onConnect = onConnect
  }

  exchange(request: WireRequest): Promise<WireAnswer> {
    if (request.fresh && this.#client && this.#clock.nowMs() - this.#lastAnswerMs > FRESH_MS) this.close()
    this.#client ??= new Client(this.#origin, {
      connect: (_options, callback) => this.#connect(callback),
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: LONGEST_KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_LIMIT_BYTES,
      // The deadline of the call ends both.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    return this.#dispatch(this.#client, request)
  }

  close(): void {
    // Nobody waits for the sockets' end; it has no error to report.
    void this.#client?.destroy()
    this.#client = undefined
    this.#leaveQueue?.()
    this.#connecting?.destroy()
    this.#connecting = undefined
  }

  #connect(callback: buildConnector.Callback): void {
    this.#leaveQueue = this.#slots.enter((done) => {
      const socket = this.#openSocket((error) => {
        done()
        if (this.#connecting === socket) this.#connecting = undefined
        if (error) return callback(error, null)
        this.#carried = 0
        this.#onConnect()
        callback(null, socket)
      })
      this.#connecting = socket
    })
  }

  #dispatch(client: Client, request: WireRequest): Promise<WireAnswer> {
    return new Promise((resolve, reject) => {
      let sent = false
      let reused = false
      let status = 0
      let headers: Record<string, string> = {}
      let size = 0
      const chunks: Buffer[] = []
      const fail = (reason: WireFailureReason, cause: unknown) => {
        request.signal.removeEventListener('abort', onAbort)
        reject(new WireFailure(reason, sent, reused, cause))
      }
      // undici would connect again for a request that was aborted, so the whole client goes.
      const giveUp = (reason: WireFailureReason, cause: unknown) => {
        fail(reason, cause)
        if (this.#client === client) this.close()
      }
      const onAbort = () => giveUp('aborted', request.signal.reason)
      if (request.signal.aborted) return fail('aborted', request.signal.reason)
      request.signal.addEventListener('abort', onAbort, { once: true })
      const { method, path, body } = request
      client.dispatch(
        { method, path, headers: request.headers, ...(body !== undefined && { body }) },
        {
          onRequestStart: () => {
            sent = true
            reused = this.#carried > 0
            this.#carried += 1
          },
          onResponseStart: (_controller, code, received) => {
            status = code
            headers = plainHeaders(received)
          },
          onResponseData: (_controller, chunk) => {
            size += chunk.length
            if (size <= request.maxBytes) chunks.push(chunk)
            else giveUp('too-large', undefined)
          },
          onResponseEnd: () => {
            request.signal.removeEventListener('abort', onAbort)
            this.#lastAnswerMs = this.#clock.nowMs()
            const [only] = chunks
            resolve({ status, headers, body: chunks.length === 1 && only ? only : Buffer.concat(chunks) })
          },
          onResponseError: (_controller, error) => {
            const reason = reasonOf(error, sent)
            fail(reason === 'lost' && status > 0 ? 'cut' : reason, error)
          },
        },
      )
    })
  }
}

function plainHeaders(received: Record<string, string | string[] | undefined>): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(received)) {
    if (value !== undefined) plain[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return plain
}

/** What undici's or Node's error says about the exchange. */
function reasonOf(error: Error & { code?: string }, sent: boolean): WireFailureReason {
  const code = error.code ?? ''
  if (!sent) return isTlsVerdict(code) ? 'tls' : 'connect'
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'cut'
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW' || error.name === 'HTTPParserError') {
    return 'malformed'
  }
  return 'lost'
}

/** Node's and OpenSSL's codes for certificates, versions and ciphers. */
function isTlsVerdict(code: string): boolean {
  return /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|DEPTH_ZERO_|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EE_)/.test(
    code,
  )
}
