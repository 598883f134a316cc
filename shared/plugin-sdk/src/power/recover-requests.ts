import { type Json, type Lock, LockHeldError } from '@powerbus/store'
import { PowerbusError } from '../errors.ts'
import type { Sent } from './coordinator.ts'
import { letGo, type Replica } from './replica.ts'
import { REQUESTS, type RequestRecord, recordOf, requestIdOf } from './request-record.ts'
import { fromStore, ofStore } from './store-failure.ts'

/** A request whose replica died before it recorded an end. */
export interface LostRequest {
  readonly requestId: string
  /** Command and BMC. */
  readonly subject: string
  /** The replica that died, and when it began, in milliseconds since 1970 by its clock. */
  readonly replica: string
  readonly startedMs: number
  readonly outcome: LostOutcome
}

/**
 * `not-sent`: it died before any change; forgotten. `repeatable`: only changes were sent that may be sent again, so whoever asks with the same
 * request id gets it done. `unknown`: an operation that must not be sent twice may have been sent; it is not sent again. `done`: it was found out.
 */
export type LostOutcome =
  | { readonly kind: 'not-sent' | 'repeatable' }
  | { readonly kind: 'unknown'; readonly sent: Sent }
  | { readonly kind: 'done'; readonly sent: Sent; readonly result: unknown }

export interface RecoverOptions {
  readonly signal: AbortSignal
  /**
   * Looks for the outcome of an operation, where the caller has what it takes to ask the BMC: the store holds no credentials. Throws
   * OUTCOME_UNKNOWN where nothing shows it. Absent: whoever asks with the same request id finds out.
   */
  readonly findOut?: (lost: Omit<LostRequest, 'outcome'>, sent: Sent) => Promise<unknown>
  /** Ended before it is recorded that it was reported. */
  readonly report: (lost: LostRequest) => Promise<void>
}

export async function recoverRequests(replica: Replica, options: RecoverOptions): Promise<void> {
  const unfinished: string[] = []
  const scan = async () => {
    for await (const { key, value } of replica.store.scan(REQUESTS)) if (isLost(recordOf(value))) unfinished.push(key)
  }
  await fromStore(scan())
  for (const key of unfinished) {
    if (options.signal.aborted) return
    const lock = await deadHoldersLock(replica, key)
    if (!lock) continue
    try {
      await recoverOne(replica, options, key, lock)
    } finally {
      letGo(replica, lock, key)
    }
  }
}

/** Undefined while the replica that runs it lives. */
async function deadHoldersLock({ store, name, lockTtlMs }: Replica, key: string): Promise<Lock | undefined> {
  try {
    return await store.lock({ key, owner: { run: '', replica: name }, ttlMs: lockTtlMs, waitMs: 0 })
  } catch (error) {
    if (error instanceof LockHeldError) return undefined
    throw ofStore(error)
  }
}

async function recoverOne(replica: Replica, options: RecoverOptions, key: string, lock: Lock): Promise<void> {
  const { store, resultsKeptMs } = replica
  const { fence } = lock
  const value = await fromStore(store.get(key))
  const record = recordOf(value)
  if (!isLost(record)) return
  const { subject, run, startedMs } = record
  const facts = { requestId: requestIdOf(key), subject, replica: record.replica, startedMs }
  const outcome = await outcomeOf(options, facts, record)
  await options.report({ ...facts, outcome })
  if (outcome.kind === 'not-sent') {
    await fromStore(store.delete(key, { fence }))
    return
  }
  const end: RequestRecord =
    outcome.kind === 'done'
      ? { subject, run, replica: record.replica, startedMs, phase: 'done', result: outcome.result as Json }
      : { ...record, phase: 'committed', reported: true }
  await fromStore(store.set(key, end as unknown as Json, { ttlMs: resultsKeptMs, fence }))
}

async function outcomeOf(
  { findOut }: RecoverOptions,
  facts: Omit<LostRequest, 'outcome'>,
  record: LostRecord,
): Promise<LostOutcome> {
  if (record.phase === 'started') return { kind: 'not-sent' }
  const { sent } = record
  if (!sent || sent.operation === 'on') return { kind: 'repeatable' }
  if (!findOut) return { kind: 'unknown', sent }
  try {
    return { kind: 'done', sent, result: await findOut(facts, sent) }
  } catch (error) {
    if (error instanceof PowerbusError) return { kind: 'unknown', sent }
    throw error
  }
}

type LostRecord = Extract<RequestRecord, { phase: 'started' | 'committed' }>

function isLost(record: RequestRecord | undefined): record is LostRecord {
  if (record?.phase === 'committed') return record.reported !== true
  return record?.phase === 'started'
}
