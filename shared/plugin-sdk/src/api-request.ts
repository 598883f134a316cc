/** A request that the endpoint passed on from its own `/plugin-apis/NAME/*`. */
export interface ApiRequest {
  readonly method: string
  /** Path below `/plugin-apis/NAME`, starting with a slash; not decoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** At most 8 MiB. */
  readonly body: Buffer
}

export interface ApiAnswer {
  /** HTTP status, 200..599. */
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string or bytes go out as they are; anything else as JSON. */
  readonly body?: unknown
}
