export interface ConsoleOptions {
  readonly username: Uint8Array
  readonly password: Uint8Array
  readonly kg?: Uint8Array | undefined
  /** Highest privilege level the session needs, 2..4. Not 0 ("highest level"), which some BMCs treat as "no access". */
  readonly privilege: number
  /** Cipher suites to propose, best first. */
  readonly suites: readonly (3 | 17)[]
  /** Not 0, and unique among the sessions of this console. */
  readonly consoleSessionId: number
  /** 16 fresh random bytes. */
  readonly consoleRandom: Uint8Array
}
