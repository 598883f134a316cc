export interface ConsoleOptions {
  readonly username: Uint8Array
  readonly password: Uint8Array
  readonly kg?: Uint8Array | undefined
  /** Highest level the session will need, 2..4. Never 0: some BMCs take "highest" for "none". */
  readonly privilege: number
  /** Cipher suites to propose, best first. */
  readonly suites: readonly (3 | 17)[]
  /** Not 0, and unlike that of any other session of this console. */
  readonly consoleSessionId: number
  /** 16 fresh random bytes. */
  readonly consoleRandom: Uint8Array
}
