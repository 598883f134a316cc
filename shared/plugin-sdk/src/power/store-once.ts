import { randomUUID } from 'node:crypto'
import { type Json, type Lock, LockHeldError } from '@powerbus/store'
import { backoffMs, pause as pauseFor } from '@powerbus/turns'
import { PowerbusError } from '../errors.ts'
import { abortError, pause } from './abort.ts'
import type { Commit, OnceClaim, Sent } from './coordinator.ts'
import { isOpenEnd } from './open-end.ts'
import { letGo, type Replica } from './replica.ts'
import { errorOf, failureOf, type RequestRecord, type RunFacts, recordOf, requestKey } from './request-record.ts'
import { fromStore, ofStore } from './store-failure.ts'

/** How often an earlier run of the request, by another replica, is looked at. */
const LOOKS = { firstMs: 20, mostMs: 250, growth: 1.5 }
const UNFINISHED_KEPT_MS = 86_400_000
/** Long enough for those who wait to look once more, short for those who ask anew. */
const FORGOTTEN_AFTER_MS = 10_000
const RECORD_AGAIN_MS = 200

/** Owner of a request's lock. Replicas of an earlier version do not say the subject. */
interface Runner {
  readonly run: string
  readonly subject?: string
}

/** `Coordinator.once` over replicas: the lock on the request is held by the replica that runs it, for as long as that lives. */
export async function onceOverReplicas<Result>(
  replica: Replica,
  claim: OnceClaim<Result>,
  work: (commit: Commit) => Promise<Result>,
): Promise<Result> {
  const { signal, subject } = claim
  const doing = 'an earlier request of that name was running'
  const key = requestKey(claim.requestId)
  const run = randomUUID()
  /** The run that was seen under way: its failure is ours too. */
  let seen: string | undefined
  for (let look = 1; ; look += 1) {
    if (signal.aborted) throw abortError(signal, doing)
    const lock = await lockRequest(replica, key, { run, replica: replica.name, subject })
    if (!('run' in lock)) return await new Request(replica, claim, { key, run, lock }).run(work, seen)
    if (lock.subject !== undefined && lock.subject !== subject) throw usedForAnother(claim, lock.subject)
    seen = lock.run
    await pause(replica.clock, backoffMs(LOOKS, look), signal, doing)
  }
}

function usedForAnother({ requestId, subject }: OnceClaim<unknown>, known: string): PowerbusError {
  return new PowerbusError(
    'OBJECT_CONFLICT',
    `power/request-id ${requestId} was already used for ${known}; use a new one for ${subject}`,
  )
}

/** The lock; or where another has it, who that is. */
async function lockRequest({ store, lockTtlMs }: Replica, key: string, owner: Json): Promise<Lock | Runner> {
  try {
    return await store.lock({ key, owner, ttlMs: lockTtlMs, waitMs: 0 })
  } catch (error) {
    if (error instanceof LockHeldError) return error.holder.owner as unknown as Runner
    throw ofStore(error)
  }
}

/** Whether the record says how this request ended. Throws OBJECT_CONFLICT for another subject. */
function isEnd(claim: OnceClaim<unknown>, record: RequestRecord, seen: string | undefined): boolean {
  const isForgotten = record.phase === 'failed' && !record.kept && record.run !== seen
  if (isForgotten) return false
  if (record.subject !== claim.subject) throw usedForAnother(claim, record.subject)
  return record.phase === 'done' || record.phase === 'failed'
}

function endOf<Result>(record: RequestRecord): Result {
  if (record.phase === 'failed') throw errorOf(record.error)
  return (record.phase === 'done' ? record.result : undefined) as Result
}

function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof PowerbusError && error.code === 'OUTCOME_UNKNOWN'
}

/** One run of a request by the replica that holds its lock. Nothing is recorded before it is about to change something. */
class Request<Result> {
  readonly #replica: Replica
  readonly #claim: OnceClaim<Result>
  readonly #key: string
  readonly #lock: Lock
  readonly #facts: RunFacts
  /** What is recorded as sent, in this run or before it. */
  #committed: { readonly sent?: Sent | undefined } | undefined

  constructor(
    replica: Replica,
    claim: OnceClaim<Result>,
    { key, run, lock }: { key: string; run: string; lock: Lock },
  ) {
    this.#replica = replica
    this.#claim = claim
    this.#key = key
    this.#lock = lock
    this.#facts = { subject: claim.subject, run, replica: replica.name, startedMs: replica.clock.dateMs() }
  }

  async run(work: (commit: Commit) => Promise<Result>, seen: string | undefined): Promise<Result> {
    try {
      const before = recordOf(await fromStore(this.#replica.store.get(this.#key)))
      if (before && isEnd(this.#claim, before, seen)) return endOf<Result>(before)
      // What may have been sent stays recorded, whatever becomes of this run.
      if (before?.phase === 'committed') this.#committed = { sent: before.sent }
      const sent = this.#committed?.sent
      const commit: Commit = (sending) => this.#commit(sending)
      // Where nothing was learnt of what was sent, the next one who asks looks again.
      if (sent) return await this.#ended(() => this.#claim.findOut(sent, commit), isOutcomeUnknown)
      return await this.#ended(
        () => work(commit),
        (error) => !isOpenEnd(error),
      )
    } finally {
      letGo(this.#replica, this.#lock, this.#key)
    }
  }

  /** Recorded where it is the first change, or the first of its turn after which the verb must not begin anew. */
  async #commit(sent: Sent | undefined): Promise<void> {
    const before = this.#committed
    if (before && (!sent || before.sent?.turn === sent.turn)) return
    await this.#write({ ...this.#facts, phase: 'committed', ...(sent && { sent }) }, UNFINISHED_KEPT_MS)
    this.#committed = { sent }
  }

  /** The work's end, once it is recorded. */
  async #ended(work: () => Promise<Result>, isFinal: (error: unknown) => boolean): Promise<Result> {
    const { resultsKeptMs } = this.#replica
    try {
      const result = await work()
      await this.#recordEnd({ ...this.#facts, phase: 'done', result: result as Json }, resultsKeptMs)
      return result
    } catch (error) {
      if (!isFinal(error)) throw error
      const kept = this.#committed !== undefined
      const record = { ...this.#facts, phase: 'failed', kept, error: failureOf(error) } as const
      await this.#recordEnd(record, kept ? resultsKeptMs : FORGOTTEN_AFTER_MS)
      throw error
    }
  }

  /** Tried for as long as the lock is held; the end itself is true whether it can be recorded or not. */
  async #recordEnd(record: RequestRecord, ttlMs: number): Promise<void> {
    const { clock, notice } = this.#replica
    for (;;) {
      try {
        await this.#write(record, ttlMs)
        return
      } catch (error) {
        const isAway = error instanceof PowerbusError && error.code === 'STORE_UNAVAILABLE'
        const isWorthIt = record.phase === 'done' || (record.phase === 'failed' && record.kept)
        if (!isAway || !isWorthIt || this.#lock.lost.aborted) {
          notice(`the end of request ${this.#claim.requestId} could not be recorded: ${String(error)}`)
          return
        }
      }
      await pauseFor(RECORD_AGAIN_MS, this.#lock.lost, clock)
    }
  }

  async #write(record: RequestRecord, ttlMs: number): Promise<void> {
    const { store } = this.#replica
    await fromStore(store.set(this.#key, record as unknown as Json, { ttlMs, fence: this.#lock.fence }))
  }
}
