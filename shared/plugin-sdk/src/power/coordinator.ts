import type { OnceOperation } from './driver.ts'

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
  /** Gaps.anyMs of the first command, where it is known: its place is then booked in the same step as the turn. */
  readonly firstGapMs?: number
  readonly signal: AbortSignal
}

export type CommandKind = 'read' | 'change'

/** Least milliseconds, 0 to 60000, that a command keeps from the last ones to this BMC, by whomever. */
export interface Gaps {
  /** From the last command of any kind. */
  readonly anyMs: number
  /** From the last command that changes something. */
  readonly changeMs: number
}

/** A turn that changed something at a BMC, or was about to. */
export interface Changer extends Holder {
  /** Lease.turn. */
  readonly turn: number
  /** Wall clock of its replica, in milliseconds since 1970. */
  readonly atMs: number
}

/** The turn of one action at one BMC. */
export interface Lease {
  /** Names this turn among all at this BMC, over all replicas: a later one has a higher number. */
  readonly turn: number
  /**
   * Called before each command; waits for the gaps. Throws LEASE_LOST where the BMC has passed to another replica, DEADLINE_EXCEEDED
   * where the claim's signal is aborted: the command is not sent.
   */
  beforeCommand(kind: CommandKind, gaps: Gaps): Promise<void>
  /** Records, as durably as the coordinator can, that this turn is the last changer. Called before each change is sent; throws LEASE_LOST. */
  recordChange(): Promise<void>
  /** Whose turn the last change at this BMC was; undefined where it is not known, or not any more. */
  lastChanger(): Promise<Changer | undefined>
  /** Throws LEASE_LOST unless the BMC is held at this moment: asked last, right before a command leaves. */
  assertHeld(): void
  /** Aborted when the BMC is not held any more, before another replica may have it: ends the command that is under way. */
  readonly lost: AbortSignal
}

/** A change after which the verb must not begin anew. */
export interface FinalChange {
  /** One that must not be done twice; or `on`, where a cycle found the machine off: begun anew it would cycle it. */
  readonly operation: OnceOperation | 'on'
  /** PowerDriver.restartMark from before it, where there is one. */
  readonly mark?: string
  /** 2 for the send that power/resend allows after the first one was most likely not executed; 1 where absent. */
  readonly attempt?: number
}

/** One that may have been sent. */
export interface Sent extends FinalChange {
  /** Lease.turn in which it was, or was about to be. */
  readonly turn: number
}

/**
 * Fulfilled once it is recorded, as durably as the coordinator can, that a change is being sent: `sent`, or where that is absent one after
 * which the verb may begin anew.
 */
export type Commit = (sent?: Sent) => Promise<void>

export interface OnceClaim<Result> {
  /** The value of power/request-id. */
  readonly requestId: string
  /** Command and BMC: the same request id with another subject is a conflict. */
  readonly subject: string
  readonly signal: AbortSignal
  /** It may be done again without harm (a read): it need not be remembered over a restart. */
  readonly repeatable?: boolean
  /**
   * Called instead of `work` where an earlier run of this request ended with its process, after the commit for `sent`: looks
   * for its outcome, and sends only what is harmless twice, after a commit of its own. Throws OUTCOME_UNKNOWN where nothing shows it.
   */
  findOut(sent: Sent, commit: Commit): Promise<Result>
}

/** Keeps actions apart: in one process or over replicas, as far as the store reaches that store-coordinator.ts gets. */
export interface Coordinator {
  /**
   * Runs `work` while nobody else holds the key; turns are given in order of arrival.
   * Throws TARGET_BUSY, naming who holds it, when the turn did not come in `waitMs`.
   */
  hold<Result>(claim: Claim, work: (lease: Lease) => Promise<Result>): Promise<Result>
  /**
   * Runs `work` for the first claim with this id; later ones get its result, or its failure. `work` calls `commit` before it
   * changes anything: a failure before that is forgotten once those who wait have it, one after it is kept for an hour, as a
   * result is. Throws OBJECT_CONFLICT for another subject.
   */
  once<Result>(claim: OnceClaim<Result>, work: (commit: Commit) => Promise<Result>): Promise<Result>
}
