export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined
}

/** What one GET returned, or a member of an expanded collection. */
export interface Resource {
  /** Where it was read: path and query, without scheme and host. */
  readonly path: string
  /** For If-Match; absent where the BMC gave none that can be used. */
  readonly etag?: string
  readonly body: JsonObject
}
