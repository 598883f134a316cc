import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { AuthorizationError, type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node'
import { backoffMs, pause } from '@powerbus/turns'
import { BusError, messageOf } from '../bus-error.ts'
import { API_PREFIXES } from './nats-names.ts'
import { plaintextServers } from './plaintext.ts'
import { ensureStreams } from './streams.ts'

export interface ConnectionRequest {
  readonly options: ConnectionOptions
  /** Servers that may be spoken to without TLS, beside those of the loopback. */
  readonly plaintext: string | undefined
  /** How long to try. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly onNotice: (message: string) => void
}

export interface OpenConnection {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  /** Of the subjects of JetStream's API. */
  readonly apiPrefix: string
}

const PAUSES = { firstMs: 100, mostMs: 2000, jitter: 0.5 }
/** For an answer of JetStream's API. */
export const ANSWER_TIMEOUT_MS = 5000

/**
 * Tries until it is connected to a server with our streams. Rejects with UNAUTHORISED at once, with INPUT for a server that needs TLS, with UNAVAILABLE after `timeoutMs`,
 * with CLOSED when the signal ends.
 */
export async function openConnection(request: ConnectionRequest): Promise<OpenConnection> {
  const { timeoutMs, signal, onNotice } = request
  const deadline = performance.now() + timeoutMs
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryOnce(request)
    } catch (cause) {
      if (cause instanceof BusError && cause.code === 'INPUT') throw cause
      if (cause instanceof AuthorizationError) {
        throw new BusError('UNAUTHORISED', 'the bus does not take our credentials', { cause })
      }
      const pauseMs = backoffMs(PAUSES, attempt)
      if (performance.now() + pauseMs > deadline) {
        const text = `no connection to the bus within ${timeoutMs} ms: ${messageOf(cause)}`
        throw new BusError('UNAVAILABLE', text, { cause })
      }
      if (attempt === 1) onNotice(`the bus cannot be reached, and is tried on: ${messageOf(cause)}`)
      await pause(pauseMs, signal)
    }
    if (signal.aborted) throw new BusError('CLOSED', 'the bus was closed before it was connected')
  }
}

async function tryOnce({ options, plaintext, signal }: ConnectionRequest): Promise<OpenConnection> {
  const servers = options.tls ? options.servers : await plaintextServers([options.servers ?? []].flat(), plaintext)
  const connection = await connect({ ...options, ...(servers && { servers }) })
  try {
    const found = await withStreams(connection)
    signal.throwIfAborted()
    return found
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** A service's account has no JetStream of its own: it says so, and has that of the bus under another name. */
async function withStreams(connection: NatsConnection): Promise<OpenConnection> {
  const [ours, imported] = API_PREFIXES
  try {
    return await withStreamsAt(connection, ours)
  } catch (error) {
    // The client does not export its class.
    if (!(error instanceof Error) || error.name !== 'JetStreamNotEnabled') throw error
    return await withStreamsAt(connection, imported)
  }
}

async function withStreamsAt(connection: NatsConnection, apiPrefix: string): Promise<OpenConnection> {
  // Without the question whether there is JetStream: a service may not ask it, and the streams tell.
  const manager = await jetstreamManager(connection, { timeout: ANSWER_TIMEOUT_MS, checkAPI: false, apiPrefix })
  await ensureStreams(manager)
  return { connection, manager, apiPrefix }
}
