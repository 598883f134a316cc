/** An address in the canonical form of its family, as sockets report a datagram's source. */
export interface LiteralAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** The addresses of a host name, the preferred one first; or the only one. */
export type ResolveHost = (host: string) => Promise<LiteralAddress | readonly LiteralAddress[]>

/** Returns all addresses, in the order that the system's resolver prefers. Rejects with the resolver's error. */
export const resolveHost: ResolveHost = async (host) => {
  const { lookup } = await import('node:dns/promises')
  const found = await lookup(host, { verbatim: true, all: true })
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}
