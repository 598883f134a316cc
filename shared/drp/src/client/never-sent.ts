/**
 * Of a name that has no address, a connection that was not made in time, and a client that takes no more requests. Not
 * UND_ERR_DESTROYED: that one also ends requests that were sent.
 */
const notConnected: ReadonlySet<unknown> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'DRP_CONNECT_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
])
/** Of a server that is not who it should be: TLS ended before the request. */
const untrusted = /^(?:CERT_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|DRP_FINGERPRINT)/

/** Whether an HTTP request failed because its server is not trusted. */
export function isUntrusted(cause: unknown): boolean {
  return untrusted.test(codeOf(cause))
}

/**
 * Whether an HTTP request failed before any of it was sent: no address, no connection (nobody listens, no route, no free
 * file descriptor), or a server that is not trusted. A name with several addresses gives an error for each.
 */
export function wasNeverSent(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(wasNeverSent)
  if (!(cause instanceof Error)) return false
  return (cause as NodeJS.ErrnoException).syscall === 'connect' || notConnected.has(codeOf(cause)) || isUntrusted(cause)
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}
