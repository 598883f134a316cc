import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Json, type Lock, LockHeldError } from '@powerbus/store'
import { PowerbusError } from '../errors.ts'
import { abortError } from './abort.ts'
import { pause } from './clock.ts'
import type { Commit, OnceClaim, Sent } from './coordinator.ts'
import { isOpenEnd } from './open-end.ts'
import { usedForAnother } from './refusals.ts'
import { letGo, type Replica } from './replica.ts'
import { errorOf, failureOf, type RequestRecord, type RunFacts, recordOf, requestKey } from './request-record.ts'
import { fromStore, ofStore } from './store-failure.ts'

const FIRST_LOOK_MS = 20
const LAST_LOOK_MS = 250
const UNFINISHED_KEPT_MS = 86_400_000
/** Long enough for those who wait to look once more, short for those who ask anew. */
const FORGOTTEN_AFTER_MS = 10_000
const RECORD_AGAIN_MS = 200

/** `Coordinator.once` over replicas: the lock on the request is held by the replica that runs it, for as long as that lives. */
export async function onceOverReplicas<Result>(
  replica: Replica,
  claim: OnceClaim<Result>,
  work: (commit: Commit) => Promise<Result>,
): Promise<Result> {
  const { store, clock, name, lockTtlMs } = replica
  const { requestId, signal } = claim
  const key = requestKey(requestId)
  const run = randomUUID()
  /** The run that was seen under way: its failure is ours too. */
  let seen: string | undefined
  for (let look = 0; ; look += 1) {
    if (signal.aborted) throw abortError(signal, 'an earlier request of that name was running')
    const record = recordOf(await fromStore(store.get(key)))
    if (record && isEnd(claim, record, seen)) return endOf<Result>(record)
    const lock = await lockOrRun(store.lock({ key, owner: { run, replica: name }, ttlMs: lockTtlMs, waitMs: 0 }))
    if (typeof lock !== 'string') return await new Request(replica, claim, { key, run, lock }).run(work, seen)
    seen = lock
    const delayMs = Math.min(LAST_LOOK_MS, FIRST_LOOK_MS * 1.5 ** look)
    await pause(clock, delayMs, signal, 'an earlier request of that name was running')
  }
}

/** The lock; or where another holds it, the name of its run. */
async function lockOrRun(locking: Promise<Lock>): Promise<Lock | string> {
  try {
    return await locking
  } catch (error) {
    if (error instanceof LockHeldError) return (error.holder.owner as { readonly run: string }).run
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

function isEndOfRun(error: unknown): boolean {
  return !isOpenEnd(error)
}

/** One run of a request by the replica that holds its lock. */
class Request<Result> {
  readonly #replica: Replica
  readonly #claim: OnceClaim<Result>
  readonly #key: string
  readonly #lock: Lock
  #record: RequestRecord

  constructor(
    replica: Replica,
    claim: OnceClaim<Result>,
    { key, run, lock }: { key: string; run: string; lock: Lock },
  ) {
    this.#replica = replica
    this.#claim = claim
    this.#key = key
    this.#lock = lock
    const startedMs = replica.clock.dateMs()
    this.#record = { subject: claim.subject, run, replica: replica.name, startedMs, phase: 'started' }
  }

  async run(work: (commit: Commit) => Promise<Result>, seen: string | undefined): Promise<Result> {
    try {
      const before = recordOf(await fromStore(this.#replica.store.get(this.#key)))
      if (before && isEnd(this.#claim, before, seen)) return endOf<Result>(before)
      if (before?.phase === 'committed') {
        // What may have been sent stays recorded, whatever becomes of this run.
        this.#record = { ...this.#record, phase: 'committed', ...(before.sent && { sent: before.sent }) }
      }
      await this.#write(this.#record, UNFINISHED_KEPT_MS)
      const { sent } = before?.phase === 'committed' ? before : {}
      // Where nothing was learnt of what was sent, the next one who asks looks again.
      const commit: Commit = (sending) => this.#commit(sending)
      if (sent) return await this.#ended(() => this.#claim.findOut(sent, commit), isOutcomeUnknown)
      return await this.#ended(() => work(commit), isEndOfRun)
    } finally {
      letGo(this.#replica, this.#lock, this.#key)
    }
  }

  /** Recorded where it is the first change, or the first of its turn after which the verb must not begin anew. */
  async #commit(sent: Sent | undefined): Promise<void> {
    const record = this.#record
    if (record.phase === 'committed' && (!sent || record.sent?.turn === sent.turn)) return
    const committed: RequestRecord = { ...this.#facts(), phase: 'committed', ...(sent && { sent }) }
    await this.#write(committed, UNFINISHED_KEPT_MS)
    this.#record = committed
  }

  /** The work's end, once it is recorded. */
  async #ended(work: () => Promise<Result>, isFinal: (error: unknown) => boolean): Promise<Result> {
    try {
      const result = await work()
      await this.#recordEnd({ ...this.#facts(), phase: 'done', result: result as Json }, this.#replica.resultsKeptMs)
      return result
    } catch (error) {
      if (!isFinal(error)) throw error
      const kept = this.#record.phase === 'committed'
      const keptMs = kept ? this.#replica.resultsKeptMs : FORGOTTEN_AFTER_MS
      await this.#recordEnd({ ...this.#facts(), phase: 'failed', kept, error: failureOf(error) }, keptMs)
      throw error
    }
  }

  #facts(): RunFacts {
    const { subject, run, replica, startedMs } = this.#record
    return { subject, run, replica, startedMs }
  }

  /** Tried for as long as the lock is held; the end itself is true whether it can be recorded or not. */
  async #recordEnd(record: RequestRecord, ttlMs: number): Promise<void> {
    for (;;) {
      try {
        await this.#write(record, ttlMs)
        return
      } catch (error) {
        const isAway = error instanceof PowerbusError && error.code === 'STORE_UNAVAILABLE'
        const isWorthIt = record.phase === 'done' || (record.phase === 'failed' && record.kept)
        if (!isAway || !isWorthIt || this.#lock.lost.aborted) {
          this.#replica.notice(`the end of request ${this.#claim.requestId} could not be recorded: ${String(error)}`)
          return
        }
      }
      await sleep(RECORD_AGAIN_MS)
    }
  }

  async #write(record: RequestRecord, ttlMs: number): Promise<void> {
    const { store } = this.#replica
    await fromStore(store.set(this.#key, record as unknown as Json, { ttlMs, fence: this.#lock.fence }))
  }
}
