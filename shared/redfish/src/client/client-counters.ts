/** Counts since the client was created. */
export interface ClientCounters {
  /** Requests on a connection, with logins, redirects and repeats. */
  requests: number
  /** Connections opened, with their TLS handshake. */
  connections: number
  /** Requests sent again: after a connection that the BMC had closed, a busy answer, a new login. */
  repeats: number
  sessionsOpened: number
  /** Logged out, or seen to have ended. */
  sessionsClosed: number
  /** Sessions that could not be logged out: they end by the BMC's time-out. */
  sessionsLeft: number
}

export function newCounters(): ClientCounters {
  return { requests: 0, connections: 0, repeats: 0, sessionsOpened: 0, sessionsClosed: 0, sessionsLeft: 0 }
}
