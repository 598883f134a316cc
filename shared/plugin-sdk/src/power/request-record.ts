import type { Json } from '@powerbus/store'
import { type ErrorCode, errorTable, PowerbusError } from '../errors.ts'
import type { Sent } from './coordinator.ts'

export interface RunFacts {
  readonly subject: string
  /** Names this run of the request: each one gets another. */
  readonly run: string
  /** Which replica runs it, for people. */
  readonly replica: string
  /** Wall clock of the replica when it began, in milliseconds since 1970. */
  readonly startedMs: number
}

export interface RecordedFailure {
  readonly code: ErrorCode
  readonly message: string
}

/**
 * What a store keeps of a request: `started` before anything is done, `committed` before the first change is sent (again before one
 * that must not be sent twice), `done` or `failed` before the answer goes out.
 */
export type RequestRecord = RunFacts &
  (
    | { readonly phase: 'started' }
    | { readonly phase: 'committed'; readonly sent?: Sent; readonly reported?: true }
    | { readonly phase: 'done'; readonly result?: Json }
    /** `kept` is false where nothing was changed: only those who waited for this run get it. */
    | { readonly phase: 'failed'; readonly kept: boolean; readonly error: RecordedFailure }
  )

/** Results and kept failures are remembered for so long. */
export const RESULTS_KEPT_MS = 3_600_000

/** What every key of a record begins with. */
export const REQUESTS = 'request/'

/** Braces would be a group of keys to a store. */
export function requestKey(requestId: string): string {
  return REQUESTS + requestId.replace(/[{}%]/g, encodeURIComponent)
}

export function requestIdOf(key: string): string {
  return decodeURIComponent(key.slice(REQUESTS.length).replace(/%(?!7B|7D|25)/g, '%25'))
}

export function recordOf(value: Json | undefined): RequestRecord | undefined {
  return value as RequestRecord | undefined
}

export function failureOf(error: unknown): RecordedFailure {
  if (error instanceof PowerbusError) return { code: error.code, message: error.message }
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) }
}

export function errorOf({ code, message }: RecordedFailure): PowerbusError {
  return new PowerbusError(code in errorTable ? code : 'INTERNAL', message)
}
