import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, EndpointProcess } from './launched-endpoint.ts'
import type { PlannedAction } from './plan.ts'

/** An answer that does not come within the first of these is asked for again, and given longer each time: a busy host gets to it. */
const ATTEMPT_MS = [4_000, 4_000, 6_000, 9_000, 14_000, 20_000, 30_000]
const PAUSE_MS = 300
/** Longer than a dead replica's locks and any outage of the test last together. */
const PATIENCE_MS = 240_000

export interface AnsweredAttempt {
  /** Its X-Request-Id. */
  readonly requestId: string
  /** `performance.now()`. */
  readonly atMs: number
}

/** How an action ended for its caller. */
export interface Outcome {
  readonly action: PlannedAction
  /** `done`, or the name of the error; `LOST` where no end was told in all the time. */
  readonly end: string
  readonly result?: PowerResult
  readonly answered: readonly AnsweredAttempt[]
  readonly attempts: number
  readonly message?: string
}

export interface PowerResult {
  readonly Power?: 'on' | 'off'
  readonly Changed?: boolean
  readonly Verified: boolean
}

export interface Caller {
  readonly endpoint: EndpointProcess
  /** Uuids of the machines. */
  readonly uuids: readonly string[]
}

/** Nothing was said about the action: ask again with the same power/request-id. */
const NOT_FINAL: ReadonlySet<string> = new Set([
  'LEASE_LOST',
  'STORE_UNAVAILABLE',
  'BUS_CLOSED',
  'SHUTTING_DOWN',
  'PLUGIN_UNAVAILABLE',
])
/** Perhaps somebody else finds out more, but whoever says it several times means it. */
const FINAL_IN_THE_END: ReadonlySet<string> = new Set([
  'OUTCOME_UNKNOWN',
  'TARGET_BUSY',
  'TARGET_TIMEOUT',
  'DEADLINE_EXCEEDED',
])
const TIMES_SAID = 3

/** Asks until it is told how the action ended. `name` is part of X-Request-Id, so each attempt of each caller has its own. */
export async function perform({ endpoint, uuids }: Caller, action: PlannedAction, name: string): Promise<Outcome> {
  const answered: AnsweredAttempt[] = []
  const path = `machines/${uuids[action.machine]}/actions/${action.verb}`
  const endMs = performance.now() + PATIENCE_MS
  let last = 'no answer'
  let said = 0
  for (let attempts = 1; performance.now() < endMs; attempts += 1) {
    const requestId = `${action.requestId}.${name}${attempts}`
    const body = { 'power/request-id': action.requestId, 'ipmi/username': action.username }
    const timeoutMs = ATTEMPT_MS[Math.min(attempts, ATTEMPT_MS.length) - 1] ?? PATIENCE_MS
    try {
      const answer = await endpoint.ask('POST', path, body, { requestId, timeoutMs })
      answered.push({ requestId, atMs: performance.now() })
      if (answer.status === 200) {
        return { action, end: 'done', result: answer.body as PowerResult, answered, attempts }
      }
      const end = codeOf(answer)
      last = `${end}: ${JSON.stringify(answer.body)}`
      if (FINAL_IN_THE_END.has(end)) said += 1
      const isFinal = !NOT_FINAL.has(end) && (!FINAL_IN_THE_END.has(end) || said === TIMES_SAID)
      if (isFinal) return { action, end, answered, attempts, message: last }
    } catch (error) {
      last = String(error)
    }
    await sleep(PAUSE_MS)
  }
  return { action, end: 'LOST', answered, attempts: -1, message: last }
}

/** The endpoint names its errors in Type, and a plugin in Reason. */
function codeOf({ status, body }: Answer): string {
  const { Type, Reason } = body as { Type?: string; Reason?: string }
  return Reason ?? Type ?? String(status)
}
