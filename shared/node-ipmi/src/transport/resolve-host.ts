/** An address in the canonical form of its family, as sockets report a datagram's source. */
export interface LiteralAddress {
  readonly address: string
  readonly family: 4 | 6
}

export type ResolveHost = (host: string) => Promise<LiteralAddress>

/** Returns the address that the system's resolver prefers. Rejects with the resolver's error. */
export const resolveHost: ResolveHost = async (host) => {
  const { lookup } = await import('node:dns/promises')
  const { address, family } = await lookup(host, { verbatim: true })
  return { address, family: family === 6 ? 6 : 4 }
}
