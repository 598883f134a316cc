import { StoreError } from '../store-error.ts'

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

export interface RedisAddress {
  readonly mode: 'single' | 'sentinel' | 'cluster' | 'unix'
  readonly tls: boolean
  readonly username?: string
  readonly password?: string
  /** One host for `single`; the sentinels, or the first cluster nodes to ask; empty for `unix`. */
  readonly hosts: readonly HostAndPort[]
  readonly database: number
  /** Name of the master in Sentinel. */
  readonly masterName?: string
  /** Path of the UNIX socket. */
  readonly path?: string
  /** Name for messages, without credentials. */
  readonly name: string
}

const FORM = /^(rediss?)(?:\+(sentinel|cluster|unix))?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?#]*)(\/[^?#]*)?$/
const DEFAULT_PORT = 6379
const SENTINEL_PORT = 26379

/**
 * Reads an address: `redis://USER:PASSWORD@HOST:PORT/DATABASE`, `rediss://` for TLS, `redis+unix:///PATH`,
 * `redis+sentinel://HOST:PORT,HOST:PORT/MASTER/DATABASE`, `redis+cluster://HOST:PORT,HOST:PORT`, both also with
 * `rediss+`. User and password may be percent-encoded. Throws STORE_INPUT; the message never contains the address.
 */
export function parseRedisAddress(url: string): RedisAddress {
  const found = FORM.exec(url)
  if (!found) throw malformed('it must be like redis://HOST:PORT, rediss://, redis+sentinel:// or redis+cluster://')
  const [, scheme, kind, user, secret, authority = '', path = ''] = found
  const mode = (kind ?? 'single') as RedisAddress['mode']
  const credentials = {
    ...(user && { username: decodeURIComponent(user) }),
    ...(secret && { password: decodeURIComponent(secret) }),
  }
  const base = { mode, tls: scheme === 'rediss', ...credentials }
  if (mode === 'unix') {
    if (path === '' || authority !== '') throw malformed('a UNIX socket must be redis+unix:///PATH')
    return { ...base, hosts: [], database: 0, path: decodeURIComponent(path), name: `Redis at ${path}` }
  }
  const defaultPort = mode === 'sentinel' ? SENTINEL_PORT : DEFAULT_PORT
  const hosts = authority.split(',').map((text) => hostAndPort(text, defaultPort))
  const name = `Redis at ${hosts.map(({ host, port }) => `${host}:${port}`).join(',')}`
  const parts = path.split('/').filter((part) => part !== '')
  if (mode === 'single') {
    if (hosts.length > 1) throw malformed('several hosts need redis+sentinel:// or redis+cluster://')
    return { ...base, hosts, database: databaseOf(parts[0]), name }
  }
  if (mode === 'cluster') {
    if (parts.length > 0) throw malformed('a cluster has no databases')
    return { ...base, hosts, database: 0, name }
  }
  const [masterName, database] = parts
  if (masterName === undefined)
    throw malformed('Sentinel needs the name of the master: redis+sentinel://HOST:PORT/MASTER')
  return { ...base, hosts, database: databaseOf(database), masterName: decodeURIComponent(masterName), name }
}

function hostAndPort(text: string, defaultPort: number): HostAndPort {
  const [, host, port] = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? []
  const number = port === undefined ? defaultPort : Number(port)
  if (!host || number < 1 || number > 65535) throw malformed('a host must be HOST, HOST:PORT or [IPV6]:PORT')
  return { host: host.replace(/^\[|\]$/g, ''), port: number }
}

function databaseOf(text: string | undefined): number {
  if (text === undefined) return 0
  if (!/^\d{1,5}$/.test(text)) throw malformed('the database must be a number')
  return Number(text)
}

function malformed(why: string): StoreError {
  return new StoreError('STORE_INPUT', `the address of Redis is not valid: ${why}`)
}
