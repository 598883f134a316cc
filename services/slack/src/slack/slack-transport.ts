import type { FetchFunction } from '@slack/web-api'
import { buildConnector, type Dispatcher, EnvHttpProxyAgent, fetch, Pool } from 'undici'
import type { ProxySettings } from './proxy-settings.ts'

/** The way to Slack, through a proxy or without. */
export interface SlackTransport {
  readonly dispatcher: Dispatcher
  /** Throws NotSentError if nothing of the request was sent to Slack, else the errors of fetch. */
  readonly fetch: FetchFunction
  /** Ends all connections. Without it idle ones end after some seconds, and keep no process alive. */
  close(): Promise<void>
}

/** A request of which nothing was sent. The message gives the reason and what to do, without secrets. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError'
}

/** The proxy itself cannot be reached. */
class ProxyError extends Error {
  override readonly name = 'ProxyError'
}

export function slackTransport(settings: ProxySettings): SlackTransport {
  // undici forgets a tunnel once it is a WebSocket, so that only its socket can end it.
  const tunnels = new Set<{ destroy(): unknown }>()
  const dispatcher = new EnvHttpProxyAgent({
    ...settings,
    clientFactory: (proxy) => {
      const connect = buildConnector({})
      return new Pool(proxy, {
        connect: (request, done) =>
          connect(request, (...[error, socket]) => {
            if (error || !socket) return done(proxyError(proxy, error), null)
            tunnels.add(socket)
            socket.once('close', () => tunnels.delete(socket))
            done(null, socket)
          }),
      })
    },
  })
  return {
    dispatcher,
    async fetch(url, { body, ...init } = {}) {
      if (body instanceof FormData) throw new TypeError('no file is sent to Slack')
      let isSent = false
      const onSent = () => {
        isSent = true
      }
      const noting = dispatcher.compose((dispatch) => (options, to) => dispatch(options, sentNote(to, onSent)))
      try {
        return await fetch(url, { ...init, ...(body !== undefined && { body }), dispatcher: noting })
      } catch (error) {
        if (isSent) throw error
        throw new NotSentError(reasonOf(error, new URL(url).hostname), { cause: error })
      }
    },
    async close() {
      await dispatcher.destroy()
      for (const socket of tunnels) socket.destroy()
    },
  }
}

/** Notes that a request has a connection, which is when its first byte is sent. */
function sentNote(to: Dispatcher.DispatchHandler, onSent: () => void): Dispatcher.DispatchHandler {
  return {
    onRequestStart(...given) {
      onSent()
      to.onRequestStart?.(...given)
    },
    onRequestUpgrade: (...given) => to.onRequestUpgrade?.(...given),
    onResponseStart: (...given) => to.onResponseStart?.(...given),
    onResponseData: (...given) => to.onResponseData?.(...given),
    onResponseEnd: (...given) => to.onResponseEnd?.(...given),
    onResponseError: (...given) => to.onResponseError?.(...given),
  }
}

function proxyError({ host }: URL, cause: Error | null): ProxyError {
  const code = codeOf(cause)
  const text = isUntrusted(code)
    ? `the certificate of the proxy ${host} is not trusted (${code}): ${TRUST}`
    : `the proxy ${host} cannot be reached (${code ?? 'no connection'}): check slack/proxy or HTTPS_PROXY`
  return new ProxyError(text, { cause })
}

const TRUST = 'name the file of its authority in NODE_EXTRA_CA_CERTS'

function reasonOf(error: unknown, host: string): string {
  for (const cause of causesOf(error)) {
    if (cause instanceof ProxyError) return cause.message
    // undici's only word on a proxy's refusal is in the text.
    const status = /^Proxy response \((\d+)\)/.exec(cause.message)?.[1]
    if (status === '407') {
      return 'the proxy asks for a user and password (407): give both, as http://USER:PASSWORD@HOST:PORT, in slack/proxy or HTTPS_PROXY'
    }
    if (status !== undefined) return `the proxy refuses to connect to ${host} (${status}): allow it there`
    if (cause.name === 'TimeoutError') return `no connection to ${host} in time`
  }
  const code = codeOf(error)
  if (isUntrusted(code)) return `the certificate of ${host} is not trusted (${code}): ${TRUST}`
  return code ?? `no connection to ${host}`
}

/** Node's codes for a certificate that does not verify: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function isUntrusted(code = ''): boolean {
  return /CERT|CRL|LEAF_SIGNATURE|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH/.test(code)
}

function codeOf(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
  }
  return undefined
}

function* causesOf(error: unknown): Generator<Error> {
  for (let at = error; at instanceof Error; at = at.cause) yield at
}
