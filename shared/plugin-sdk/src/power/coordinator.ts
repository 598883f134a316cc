/** Who holds a BMC, for whoever must wait. */
export interface Holder {
  readonly command: string
  readonly requestId: string
}

export interface Claim {
  /** PowerDriver.key. */
  readonly key: string
  readonly holder: Holder
  /** Longest wait for the turn, in milliseconds. */
  readonly waitMs: number
  readonly signal: AbortSignal
}

export type CommandKind = 'read' | 'change'

/** The turn of one action at one BMC. */
export interface Lease {
  /** Milliseconds since the last command of the kind to this BMC, by whomever; `read` counts changes too. Infinity if none is known. */
  sinceMs(kind: CommandKind): number
  /** Called before each command. A lease that was lost (to another replica) throws here, and the command is not sent. */
  beforeCommand(kind: CommandKind): Promise<void>
}

export interface OnceClaim {
  /** The value of power/request-id. */
  readonly requestId: string
  /** Command and BMC: the same request id with another subject is a conflict. */
  readonly subject: string
  readonly signal: AbortSignal
}

/** Keeps actions apart. In one process: local-coordinator.ts. Over replicas, the same promises on a store. */
export interface Coordinator {
  /**
   * Runs `work` while nobody else holds the key; turns are given in order of arrival.
   * Throws TARGET_BUSY, naming who holds it, when the turn did not come in `waitMs`.
   */
  hold<Result>(claim: Claim, work: (lease: Lease) => Promise<Result>): Promise<Result>
  /**
   * Runs `work` for the first claim with this id; later ones get its result, or its failure. `work` calls `commit` before it
   * changes anything: a failure before that is forgotten, one after it is kept. Throws OBJECT_CONFLICT for another subject.
   */
  once<Result>(claim: OnceClaim, work: (commit: () => Promise<void>) => Promise<Result>): Promise<Result>
}
