import type { Caller } from './resource.ts'

/** A request as it came, with its body. */
export interface Incoming {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
  readonly from: string
  /** By TLS. */
  readonly isSecure: boolean
}

export interface Outgoing {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** The connection becomes an event stream of this caller. */
  readonly stream?: Caller
}
