import { isIP, SocketAddress } from 'node:net'
import type { LiteralAddress } from '../transport/resolve-host.ts'

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/**
 * The address in the canonical form that sockets report as a datagram's source; undefined for a host name. A zone
 * (`%eth0`) is kept; an IPv4-mapped IPv6 address becomes IPv4.
 */
export function literalAddress(address: string): LiteralAddress | undefined {
  const version = isIP(address)
  if (version === 0) return undefined
  if (version === 4) return { address, family: 4 }
  const [plain = '', zone] = address.split('%')
  const canonical = new SocketAddress({ address: plain, family: 'ipv6' }).address
  const mapped = MAPPED_IPV4.exec(canonical)?.[1]
  if (mapped !== undefined) return { address: mapped, family: 4 }
  return { address: zone === undefined ? canonical : `${canonical}%${zone}`, family: 6 }
}
