export interface Session {
  readonly token: string
  /** Where it is deleted; undefined where the BMC did not say. */
  readonly path: string | undefined
}
