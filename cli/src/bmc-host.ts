import { isIPv6 } from 'node:net'
import { UsageError } from './cli-error.ts'
import { expandHosts } from './host-range.ts'

export interface BmcHost {
  /** The host as the user wrote it; results show it. */
  readonly host: string
  /** Name or address, without brackets. */
  readonly address: string
  readonly port: number
}

/** Parses expressions such as NAME, ADDRESS:PORT and [IPV6]:PORT, with ranges in any part. Throws a UsageError. */
export function parseBmcHosts(expressions: readonly string[], defaultPort: number): BmcHost[] {
  const hosts = expandHosts(expressions).map((host) => parseBmcHost(host, defaultPort))
  if (hosts.length === 0) throw new UsageError('no BMC given: name hosts, addresses, or ranges such as 10.0.0.[1-50]')
  return hosts
}

function parseBmcHost(host: string, defaultPort: number): BmcHost {
  // With two colons at least; the parser of IPv6 addresses takes 5 ms to load.
  if (/:.*:/.test(host) && isIPv6(host)) return { host, address: host, port: defaultPort }
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(host)
  const address = match?.[1] ?? match?.[2]
  const isDefault = match?.[3] === undefined
  const port = isDefault ? defaultPort : Number(match[3])
  if (address === undefined || (match?.[1] !== undefined && !isIPv6(match[1]))) {
    throw new UsageError(`'${host}' is not a BMC's address: expected HOST, HOST:PORT or [IPV6]:PORT`)
  }
  if (!isDefault && (port < 1 || port > 65_535)) throw new UsageError(`'${host}': the port must be 1 to 65535`)
  return { host, address, port }
}
