import { createHash } from 'node:crypto'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { portOf } from './bmc.ts'
import type { RedfishTarget, TlsSettings } from './redfish-target.ts'

/** Opens a connection. `onOpen` is called once: without an error when the request may be written. */
export type OpenSocket = (onOpen: (error?: Error) => void) => Socket

/** Opens connections of one target, over TLS unless it says http, within `connectMs`. */
export function socketOpener(target: RedfishTarget, context: SecureContext | undefined, connectMs: number): OpenSocket {
  const { address: host, tls = {} } = target
  const port = portOf(target)
  // A shorter handshake at the next connection, which matters to the slow processors of BMCs.
  let session: Buffer | undefined
  const openTls = (): TLSSocket => {
    const socket = connectTls({
      host,
      port,
      servername: isIP(host) ? '' : host,
      ...(context && { secureContext: context }),
      rejectUnauthorized: isVerified(tls),
      ...(session && { session }),
      ALPNProtocols: ['http/1.1'],
    })
    // A resumed session shows no certificate: where one is pinned, each handshake is a full one.
    if (tls.fingerprint !== undefined) return socket
    return socket.on('session', (received) => {
      session = received
    })
  }
  return (onOpen) => {
    const socket = context ? openTls() : connectTcp({ host, port })
    const giveUp = () => {
      socket.destroy(Object.assign(new Error(`no connection within ${connectMs} ms`), { code: 'ETIMEDOUT' }))
    }
    // What has arrived by then is read first: the process may have been busy.
    const timer = setTimeout(() => setImmediate(() => !isOpen && giveUp()), connectMs)
    let isOpen = false
    const end = (error?: Error) => {
      if (isOpen) return
      isOpen = true
      clearTimeout(timer)
      onOpen(error)
    }
    socket.setNoDelay(true)
    socket.once(context ? 'secureConnect' : 'connect', () => {
      const wrong = context && tls.fingerprint !== undefined && wrongFingerprint(socket as TLSSocket, tls.fingerprint)
      if (wrong) socket.destroy(wrong)
      else end()
    })
    // undici listens too, once it has the socket.
    socket.on('error', (error) => {
      if (!isOpen) session = undefined
      end(error)
    })
    socket.on('close', () => end(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    return socket
  }
}

/** With a fingerprint the chain is not judged: only the fingerprint counts. */
function isVerified({ verify, ca, fingerprint }: TlsSettings): boolean {
  return fingerprint === undefined && (verify ?? ca !== undefined)
}

/** Versions, ciphers and CAs of TLS; shared by all targets with the same settings. */
export function tlsContext({ ca, legacy }: TlsSettings = {}): SecureContext {
  return createSecureContext({
    minVersion: legacy ? 'TLSv1' : 'TLSv1.2',
    ...(ca !== undefined && { ca }),
    // OpenSSL 3 allows TLS 1.0 and 1.1, SHA-1 and short keys at level 0 alone.
    ...(legacy && { ciphers: 'DEFAULT@SECLEVEL=0' }),
  })
}

/** Hex digits of a SHA-256 fingerprint in lower case; undefined unless it is one. */
export function plainFingerprint(fingerprint: string): string | undefined {
  const digits = fingerprint
    .replace(/^sha-?256[:= ]/i, '')
    .replace(/[:\s]/g, '')
    .toLowerCase()
  return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined
}

/** An error unless the peer's certificate has this fingerprint. A connection without a certificate fails too. */
function wrongFingerprint(socket: TLSSocket, fingerprint: string): Error | undefined {
  const { raw } = socket.getPeerCertificate()
  const found = raw && createHash('sha256').update(raw).digest('hex')
  if (found === plainFingerprint(fingerprint)) return undefined
  return Object.assign(new Error(`its SHA-256 is ${found ?? 'unknown'}`), { code: 'ERR_TLS_FINGERPRINT' })
}
