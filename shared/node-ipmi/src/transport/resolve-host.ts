/** An address in the canonical form of its family, as datagrams' sources are reported. */
export interface LiteralAddress {
  readonly address: string
  readonly family: 4 | 6
}

export type ResolveHost = (host: string) => Promise<LiteralAddress>

/** Asks the system's resolver, in the order that it prefers. Rejects with its error. */
export const resolveHost: ResolveHost = async (host) => {
  const { lookup } = await import('node:dns/promises')
  const { address, family } = await lookup(host, { verbatim: true })
  return { address, family: family === 6 ? 6 : 4 }
}
