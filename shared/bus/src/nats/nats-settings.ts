import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate, type ConnectionOptions as TlsOptions } from 'node:tls'
import {
  type Authenticator,
  type ConnectionOptions,
  credsAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node'
import { BusError } from '../bus-error.ts'

/** How to reach a NATS server and prove who we are. Files are read again for each connection, so that they may be renewed. */
export interface NatsAccess {
  /** One or more, with commas between: `nats://HOST:PORT`, `tls://...`; may hold `USER:PASSWORD@`. */
  readonly url: string
  readonly user?: string
  readonly password?: string
  readonly passwordFile?: string
  readonly token?: string
  readonly tokenFile?: string
  /** File with the seed of an nkey. */
  readonly nkeyFile?: string
  /** File with a JWT and its seed. */
  readonly credsFile?: string
  /** Subject below which this program gets its answers; `_INBOX.USER`, or with its own name where there is no user. */
  readonly inbox?: string
  /** Servers beyond the loopback that may be spoken to without TLS: `HOST` or `HOST:PORT`, with commas between. */
  readonly plaintext?: string
  /** PEM files. Any of them turns TLS on. */
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

const CONNECT_TIMEOUT_MS = 5000
const PING_MS = 10_000
/** Between two attempts to come back; at random, so that not all come back at once. */
const RECONNECT_LEAST_MS = 500
export const RECONNECT_MOST_MS = 1500

/** Options for one connection. Throws BusError INPUT for an address that is none, or a file that cannot be read. */
export function connectionOptions(access: NatsAccess, name: string): ConnectionOptions {
  const urls = access.url.split(',').map((text) => urlOf(text.trim()))
  const files = { caFile: access.caFile, certFile: access.certFile, keyFile: access.keyFile }
  const given = Object.entries(files).filter(([, path]) => path !== undefined)
  for (const [, path] of given) readSecret(path ?? '')
  const isTls = given.length > 0 || urls.some(({ protocol }) => protocol === 'tls:')
  const tls: TlsOptions & ConnectionOptions['tls'] = {
    ...Object.fromEntries(given),
    checkServerIdentity: identityCheck(urls),
  }
  const authenticator = authenticatorOf(access, urls[0])
  return {
    servers: urls.map(({ host }) => host),
    name,
    inboxPrefix: inboxOf(access, urls[0], name),
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_MS,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    // It would draw two stack traces for each request, in case it fails.
    noAsyncTraces: true,
    reconnectDelayHandler: () => RECONNECT_LEAST_MS + (RECONNECT_MOST_MS - RECONNECT_LEAST_MS) * Math.random(),
    // Without TLS only the servers that were named: a cluster may announce others.
    ...(isTls ? { tls } : { ignoreClusterUpdates: true }),
    ...(authenticator && { authenticator }),
  }
}

/** Answers come to subjects below `_INBOX` that name the user, so that users can be kept from each other's answers. */
function inboxOf({ inbox, user }: NatsAccess, url: URL | undefined, name: string): string {
  const owner = user ?? (decodeURIComponent(url?.username ?? '') || name)
  const prefix = inbox ?? `_INBOX.${owner.replace(/[^A-Za-z0-9_-]/g, '_')}`
  if (/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(prefix)) return prefix
  throw new BusError('INPUT', 'NATS_INBOX_PREFIX has letters, digits, - and _ between its dots')
}

/**
 * The client names no server where its address is a number, and Node takes `localhost` then: the certificate must be for
 * one of the numbers that were given instead.
 */
function identityCheck(urls: readonly URL[]) {
  const numbers = urls.map(({ hostname }) => hostname.replace(/^\[|\]$/g, '')).filter((host) => isIP(host) !== 0)
  return (name: string, certificate: PeerCertificate): Error | undefined => {
    const wrong = checkServerIdentity(name, certificate)
    if (!wrong || name !== 'localhost') return wrong
    return numbers.some((number) => checkServerIdentity(number, certificate) === undefined) ? undefined : wrong
  }
}

function authenticatorOf(access: NatsAccess, url: URL | undefined): ConnectionOptions['authenticator'] {
  const { credsFile, nkeyFile, tokenFile, passwordFile } = access
  // Read once at the start as well, so that a missing file is said then.
  for (const path of [credsFile, nkeyFile, tokenFile, passwordFile]) if (path !== undefined) readSecret(path)
  const seed = (path: string) => () => new TextEncoder().encode(readSecret(path))
  // The end of a creds file's last block is known by the line break after it.
  const creds = (path: string) => () => new TextEncoder().encode(`${readSecret(path)}\n`)
  if (credsFile !== undefined) return checked(credsFile, credsAuthenticator(creds(credsFile)))
  if (nkeyFile !== undefined) return checked(nkeyFile, nkeyAuthenticator(seed(nkeyFile)))
  if (tokenFile !== undefined) return tokenAuthenticator(() => readSecret(tokenFile))
  if (access.token !== undefined) return tokenAuthenticator(access.token)
  const user = access.user ?? decodeURIComponent(url?.username ?? '')
  if (user === '') return undefined
  if (passwordFile !== undefined) return usernamePasswordAuthenticator(user, () => readSecret(passwordFile))
  return usernamePasswordAuthenticator(user, access.password ?? decodeURIComponent(url?.password ?? ''))
}

/** Throws BusError INPUT where the file holds no key: a server need not be asked. */
function checked(path: string, authenticator: Authenticator): Authenticator {
  try {
    authenticator('nonce')
  } catch {
    // Its own words may quote the file.
    throw new BusError('INPUT', `${path} holds no key`)
  }
  return authenticator
}

function urlOf(text: string): URL {
  const full = text.includes('://') ? text : `nats://${text}`
  const url = URL.canParse(full) ? new URL(full) : undefined
  if (!url || url.hostname === '' || !['nats:', 'tls:'].includes(url.protocol)) {
    // The text may hold a password: it is not repeated.
    throw new BusError('INPUT', 'the address of the bus must be nats://HOST:PORT or tls://HOST:PORT')
  }
  return url
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new BusError('INPUT', `cannot read ${path}`, { cause })
  }
}
