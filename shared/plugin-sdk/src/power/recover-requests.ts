import type { Json, Lock } from '@powerbus/store'
import type { Sent } from './coordinator.ts'
import { type Replica, underLock } from './replica.ts'
import { REQUESTS, RESULTS_KEPT_MS, type RequestRecord, recordOf, requestIdOf } from './request-record.ts'
import { fromStore } from './store-failure.ts'

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
 * `not-sent`: the replica died before any change; the request is forgotten. `repeatable`: only changes were sent that may be sent again, so
 * whoever asks with the same request id gets it done. `unknown`: an operation that must not be sent twice may have been sent; it is not
 * sent again, and whoever asks with the same request id finds out.
 */
export type LostOutcome =
  | { readonly kind: 'not-sent' | 'repeatable' }
  | { readonly kind: 'unknown'; readonly sent: Sent }

export interface RecoverOptions {
  readonly signal: AbortSignal
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
    const request = { key, owner: { run: '', replica: replica.name }, waitMs: 0 }
    const recover = (lock: Lock) => recoverOne(replica, options, key, lock)
    // A replica that has the lock runs the request, and lives.
    await underLock<void>(replica, request, recover, () => undefined)
  }
}

async function recoverOne({ store }: Replica, options: RecoverOptions, key: string, { fence }: Lock): Promise<void> {
  const value = await fromStore(store.get(key))
  const record = recordOf(value)
  if (!isLost(record)) return
  const { subject, startedMs } = record
  const facts = { requestId: requestIdOf(key), subject, replica: record.replica, startedMs }
  await options.report({ ...facts, outcome: outcomeOf(record) })
  if (record.phase === 'started') {
    await fromStore(store.delete(key, { fence }))
    return
  }
  const end: RequestRecord = { ...record, reported: true }
  await fromStore(store.set(key, end as unknown as Json, { ttlMs: RESULTS_KEPT_MS, fence }))
}

function outcomeOf(record: LostRecord): LostOutcome {
  if (record.phase === 'started') return { kind: 'not-sent' }
  const { sent } = record
  return !sent || sent.operation === 'on' ? { kind: 'repeatable' } : { kind: 'unknown', sent }
}

type LostRecord = Extract<RequestRecord, { phase: 'started' | 'committed' }>

function isLost(record: RequestRecord | undefined): record is LostRecord {
  if (record?.phase === 'committed') return record.reported !== true
  return record?.phase === 'started'
}
