import { randomUUID } from 'node:crypto'
import type { Json, Lock } from '@powerbus/store'
import { backoffMs, endsWithin } from '@powerbus/turns'
import { PowerbusError } from '../errors.ts'
import { abortError, pause } from './abort.ts'
import type { Commit, OnceClaim, Sent } from './coordinator.ts'
import { isOpenEnd } from './open-end.ts'
import { type Replica, underLock } from './replica.ts'
import {
  errorOf,
  failureOf,
  RESULTS_KEPT_MS,
  type RequestRecord,
  type RunFacts,
  recordOf,
  requestKey,
} from './request-record.ts'
import { fromStore } from './store-failure.ts'

/** How often an earlier run of the request, by another replica, is looked at. */
const LOOKS = { firstMs: 20, mostMs: 250, growth: 1.5 }
const UNFINISHED_KEPT_MS = 86_400_000
/** Long enough for those who wait to look once more, short for those who ask anew. */
const FORGOTTEN_AFTER_MS = 10_000
/** How long the answer waits for the record of its end, and how long that is tried, in milliseconds. */
const RECORD_WAIT_MS = 1_000
const RECORDING_MS = 60_000
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
  const run = randomUUID()
  const request = { key: requestKey(claim.requestId), owner: { run, replica: replica.name, subject }, waitMs: 0 }
  /** The run that was seen under way: its failure is ours too. */
  let seen: string | undefined
  for (let looks = 1; ; looks += 1) {
    if (signal.aborted) throw abortError(signal, doing)
    const ended = await underLock<{ readonly result: Result } | undefined>(
      replica,
      request,
      async (lock) => ({ result: await runRequest(replica, claim, { run, seen, lock }, work) }),
      ({ holder }) => {
        const runner = holder.owner as unknown as Runner
        if (runner.subject !== undefined && runner.subject !== subject) throw usedForAnother(claim, runner.subject)
        seen = runner.run
        return undefined
      },
    )
    if (ended) return ended.result
    await pause(replica.clock, backoffMs(LOOKS, looks), signal, doing)
  }
}

function usedForAnother({ requestId, subject }: OnceClaim<unknown>, known: string): PowerbusError {
  return new PowerbusError(
    'OBJECT_CONFLICT',
    `power/request-id ${requestId} was already used for ${known}; use a new one for ${subject}`,
  )
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

/** The machine was looked at, and does not show what became of what was sent. */
function isFoundOut(error: unknown): boolean {
  return error instanceof PowerbusError && error.code === 'OUTCOME_UNKNOWN' && !(error.cause instanceof PowerbusError)
}

function isSame(recorded: Sent | undefined, sending: Sent): boolean {
  return recorded?.turn === sending.turn && recorded.attempt === sending.attempt
}

/** One run of a request by the replica that holds its lock. Nothing is recorded before it is about to change something. */
async function runRequest<Result>(
  { store, clock, name, onNotice }: Replica,
  claim: OnceClaim<Result>,
  { run, seen, lock }: { readonly run: string; readonly seen: string | undefined; readonly lock: Lock },
  work: (commit: Commit) => Promise<Result>,
): Promise<Result> {
  const key = requestKey(claim.requestId)
  const before = recordOf(await fromStore(store.get(key)))
  if (before && isEnd(claim, before, seen)) return endOf<Result>(before)
  const facts: RunFacts = { subject: claim.subject, run, replica: name, startedMs: clock.dateMs() }
  const sent = before?.phase === 'committed' ? before.sent : undefined
  /** What is recorded as sent, in this run or before it: it stays recorded, whatever becomes of this run. */
  let committed: { readonly sent?: Sent | undefined } | undefined = before?.phase === 'committed' ? { sent } : undefined

  async function write(record: RequestRecord, ttlMs: number): Promise<void> {
    await fromStore(store.set(key, record as unknown as Json, { ttlMs, fence: lock.fence }))
  }

  /** Recorded where it is the first change, or the first of its turn and attempt after which the verb must not begin anew. */
  async function commit(sending: Sent | undefined): Promise<void> {
    if (committed && (!sending || isSame(committed.sent, sending))) return
    await write({ ...facts, phase: 'committed', ...(sending && { sent: sending }) }, UNFINISHED_KEPT_MS)
    committed = { sent: sending }
  }

  /** The end is true whether it can be recorded or not, so the answer does not wait long for it. */
  async function recordEnd(record: RequestRecord, isWorthIt: boolean): Promise<void> {
    await endsWithin(keepRecording(record, isWorthIt), RECORD_WAIT_MS, clock)
  }

  /** Ends where another run has begun meanwhile, too: its fence is newer. */
  async function keepRecording(record: RequestRecord, isWorthIt: boolean): Promise<void> {
    const lastMs = clock.nowMs() + RECORDING_MS
    for (;;) {
      try {
        return await write(record, isWorthIt ? RESULTS_KEPT_MS : FORGOTTEN_AFTER_MS)
      } catch (error) {
        const isAway = error instanceof PowerbusError && error.code === 'STORE_UNAVAILABLE'
        if (!isAway || !isWorthIt || clock.nowMs() > lastMs)
          return onNotice(`the end of request ${claim.requestId} could not be recorded: ${String(error)}`)
      }
      await new Promise<void>((resolve) => clock.after(RECORD_AGAIN_MS, resolve))
    }
  }

  try {
    const result = sent ? await claim.findOut(sent, commit) : await work(commit)
    await recordEnd({ ...facts, phase: 'done', result: result as Json }, true)
    return result
  } catch (error) {
    // Where nothing was learnt of what was sent, the next one who asks looks again.
    const isOpen = sent ? !isFoundOut(error) : isOpenEnd(error)
    if (isOpen) throw error
    const kept = committed !== undefined
    await recordEnd({ ...facts, phase: 'failed', kept, error: failureOf(error) }, kept)
    throw error
  }
}
