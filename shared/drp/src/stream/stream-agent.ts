import type { Agent } from 'undici'
import { FingerprintError, isTrusted, type TlsTrust, tlsOptions } from '../client/tls-trust.ts'

/** Longest frame of an event. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024

/**
 * An agent of WebSockets that verifies certificates by `trust`, with `connectMs` to connect. Only streams load undici,
 * whose parser takes 100 ms of CPU: Node 20 has no WebSocket of its own.
 */
export async function streamAgent(trust: TlsTrust | undefined, connectMs: number): Promise<Agent> {
  const { Agent, buildConnector } = await import('undici')
  const connect = buildConnector({ timeout: connectMs, ...tlsOptions(trust) })
  return new Agent({
    headersTimeout: connectMs,
    maxResponseSize: FRAME_BYTES_MAX,
    connect: (request, done) => {
      connect(request, (...[error, socket]) => {
        if (error || !socket) return done(error ?? new Error('no connection'), null)
        if (isTrusted(socket, trust)) return done(null, socket)
        socket.destroy()
        done(new FingerprintError(), null)
      })
    },
  })
}
