import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { DrpEvent } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { jsonText } from '@powerbus/store'
import type { Logger } from 'pino'
import { WebSocketServer } from 'ws'
import type { Authority } from '../auth/authority.ts'
import type { Caller } from '../auth/caller.ts'
import { credentialOf } from '../auth/credential.ts'
import type { EventFeed } from '../events/event-feed.ts'
import { logEvent } from '../events/log-event.ts'
import type { LogRing } from '../log/log-ring.ts'
import type { Admission } from './admission.ts'
import { CHALLENGE, loggedReply } from './error-reply.ts'
import { queryCredentialOf } from './query-credential.ts'
import { closeCode, PATH, StreamClient, type StreamLimits } from './stream-client.ts'

/** Largest frame of a client; the longest pattern has 4096 characters. */
const FRAME_BYTES_MAX = 32 * 1024
const CLIENTS_MAX = 200
const LIMITS: StreamLimits = {
  patternsMax: 500,
  patternCharactersMax: 64 * 1024,
  bufferBytesMax: 16 * 1024 * 1024,
  pingMs: 20_000,
  closeMs: 2_000,
}

export interface EventStreamParts {
  readonly authority: Authority
  readonly admission: Admission
  readonly events: EventFeed
  readonly logs: LogRing
  readonly limits: Partial<StreamLimits>
  readonly log: Logger
}

/**
 * Serves the event stream at `/api/v3/ws` (plugin contract §5). `close` closes all connections with 1001 and waits
 * until they are gone.
 */
export function serveEventStream(
  server: Server,
  { authority, admission, events, logs, limits, log }: EventStreamParts,
) {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES_MAX, perMessageDeflate: false })
  const clients = new Set<StreamClient>()
  let isClosing = false

  const accept = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const { authorization } = request.headers
    const credential = authorization === undefined ? queryCredentialOf(request.url) : credentialOf(authorization)
    let caller: Caller
    try {
      const path = request.url?.split('?', 1)[0]
      if (path?.startsWith(`${PATH}/`))
        throw new PowerbusError('NOT_IMPLEMENTED', 'leave the URL proxy (-u) out: this endpoint manages no others')
      if (path !== PATH) throw new PowerbusError('OBJECT_UNKNOWN', `${path} is no event stream`)
      if (isClosing) throw new PowerbusError('SHUTTING_DOWN', 'the endpoint is stopping: try again later')
      caller = await admission.check(credential, request.socket.remoteAddress ?? '')
      // The client may have gone, and the endpoint may have begun to stop.
      if (socket.destroyed || isClosing) return void socket.destroy()
      if (clients.size >= CLIENTS_MAX) throw new PowerbusError('BUS_CLOSED', 'too many event streams are open')
    } catch (error) {
      refuse(socket, error, log)
      return
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      const recheck = () => authority.recheck(caller)
      const client = new StreamClient(opened, { ...LIMITS, ...limits }, { caller, recheck, log })
      clients.add(client)
      opened.on('close', () => clients.delete(client))
    })
  }
  // `accept` refuses on the socket, and rejects never.
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => void accept(request, socket, head))
  const offRevoked = authority.onRevoked(() => {
    for (const client of clients) client.checkToken()
  })

  const sendAll = (event: DrpEvent) => {
    // All clients share one copy, so slow clients do not multiply the memory.
    let frame: Buffer | undefined
    for (const client of clients) {
      if (!client.wants(event)) continue
      frame ??= Buffer.from(jsonText(event) ?? '')
      client.send(frame)
    }
  }
  const unsubscribe = events.subscribe(sendAll)
  const unsubscribeLogs = logs.subscribe((line) => {
    const event = logEvent(line)
    if (event !== undefined) sendAll(event)
  })

  return {
    async close(): Promise<void> {
      isClosing = true
      unsubscribe()
      unsubscribeLogs()
      offRevoked()
      const gone = [...sockets.clients].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
      for (const client of clients) client.close(closeCode.goingAway, 'the endpoint is stopping')
      await Promise.all(gone)
    },
  }
}

/** Answers in the API's error format on a raw socket. */
function refuse(socket: Duplex, error: unknown, log: Logger): void {
  const { status, body } = loggedReply(error, PATH, randomUUID(), log)
  const text = JSON.stringify(body)
  const head = [
    `HTTP/1.1 ${status} Refused`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
    ...(status === 401 ? [`www-authenticate: ${CHALLENGE}`] : []),
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
}
