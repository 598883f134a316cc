import type { LiteralAddress } from './literal-address.ts'

export type ResolveHost = (host: string) => Promise<LiteralAddress>

/** Asks the system's resolver, in the order that it prefers. Rejects with its error. */
export const resolveHost: ResolveHost = async (host) => {
  const { lookup } = await import('node:dns/promises')
  const { address, family } = await lookup(host, { verbatim: true })
  return { address, family: family === 6 ? 6 : 4 }
}
