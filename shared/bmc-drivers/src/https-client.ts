import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { abortError, type Call } from '@powerbus/plugin-sdk/unshared'
import { hostAndPort } from './host-and-port.ts'
import { RemoteError, type RemoteErrorKind } from './remote-error.ts'
import { PINNED_OTHER, type TlsTrust, TrustingAgent } from './trusting-agent.ts'

export interface HttpsPlace {
  readonly address: string
  readonly port: number
  readonly trust: TlsTrust
}

export interface HttpsRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Longest answer. */
  readonly bytesMax: number
  /** Over a connection of its own: a kept one may be closed by the other end while the request is on its way. */
  readonly fresh?: boolean
}

export interface HttpsAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** One HTTPS server: one request at a time, over one connection that is kept until `close`. Follows no redirect. */
export class HttpsClient {
  readonly #place: HttpsPlace
  readonly #kept: TrustingAgent

  constructor(place: HttpsPlace) {
    this.#place = place
    this.#kept = new TrustingAgent(place.address, place.trust, true)
  }

  /** For messages. */
  get name(): string {
    return hostAndPort(this.#place)
  }

  close(): void {
    this.#kept.destroy()
  }

  /** Throws RemoteError, or `abortError` where the signal is aborted. No connection outlives a request that was given up. */
  async send(wanted: HttpsRequest, call: Call): Promise<HttpsAnswer> {
    const { address, port, trust } = this.#place
    const { method, path, headers = {}, body = '', fresh = false } = wanted
    const agent = fresh ? new TrustingAgent(address, trust, false) : this.#kept
    const doing = `${method} ${this.name}${path}`
    const sizes = { 'Content-Length': String(Buffer.byteLength(body)) }
    const outgoing = request({ host: address, port, method, path, agent, headers: { ...headers, ...sizes } })
    let sent = false
    outgoing.once('socket', (socket) => {
      sent = true
      socket.setNoDelay?.(true)
    })
    const over = new AbortController()
    const timer = setTimeout(() => over.abort(), call.timeoutMs)
    const signal = AbortSignal.any([call.signal, over.signal])
    const giveUp = () => {
      agent.abandon()
      outgoing.destroy()
    }
    signal.addEventListener('abort', giveUp)
    try {
      signal.throwIfAborted()
      outgoing.end(body)
      return await answerTo(outgoing, wanted.bytesMax)
    } catch (error) {
      giveUp()
      if (call.signal.aborted) throw abortError(call.signal, `${doing} was being answered`)
      if (over.signal.aborted) throw new RemoteError('timeout', `${doing}: no answer in time`, { sent })
      if (error instanceof RemoteError) throw error
      throw new RemoteError(kindOf(error), `${doing}: ${explain(error)}`, { sent, cause: error })
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
    }
  }
}

function answerTo(outgoing: ClientRequest, bytesMax: number): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject)
    outgoing.on('close', () => reject(Object.assign(new Error('closed before the answer'), { code: 'ECONNRESET' })))
    outgoing.on('response', (incoming: IncomingMessage) => {
      const chunks: Buffer[] = []
      let bytes = 0
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > bytesMax) reject(new RemoteError('invalid', `the answer has more than ${bytesMax} bytes`))
      })
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }),
      )
    })
  })
}

const unreachable = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL'])
/** Of OpenSSL and Node: the certificate is not trusted. */
const identity = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_|ERR_TLS_)/

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** What kind of end it is where a socket, TLS or HTTP failed. */
export function kindOf(error: unknown): RemoteErrorKind {
  const code = codeOf(error)
  if (unreachable.has(code)) return 'unreachable'
  if (code === 'ETIMEDOUT') return 'timeout'
  if (code === PINNED_OTHER || identity.test(code)) return 'identity'
  // No TLS or none that both know, and no HTTP.
  return code === 'EPROTO' || /^(?:ERR_SSL_|HPE_)/.test(code) ? 'invalid' : 'lost'
}

const advice: Partial<Record<RemoteErrorKind, string>> = {
  unreachable: 'no connection; check the address, the port and the route to it',
  identity: 'its certificate is not trusted; check it, ipmi/tls-verify and ipmi/ca-cert',
  invalid: 'what answers does not speak HTTPS, or only a version that is refused; check the port',
}

function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const known = advice[kindOf(error)]
  return `${known ?? 'the connection ended before the answer'} (${codeOf(error) || 'no code'}: ${text})`
}
