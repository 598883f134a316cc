import { connectBus } from '@powerbus/bus'
import { type TestScope, tempFolder } from '@powerbus/testkit'
import type { AnsweredAttempt } from './caller.ts'

export interface EventLedger {
  /** Of these attempts, those of which the stream has not both the start and an end or an error, and what it lacks. */
  missing(attempts: readonly AnsweredAttempt[]): string[]
  /** Events of actions, each id once. */
  readonly count: number
}

/** Gathers the events of actions on machines from the stream, from now on. */
export async function gatherEvents(scope: TestScope, natsUrl: string): Promise<EventLedger> {
  const bus = await connectBus({ url: natsUrl, name: 'ledger', folder: tempFolder(scope) })
  scope.teardown(() => bus.close({ timeoutMs: 1000 }))
  const ids = new Set<string>()
  const started = new Set<string>()
  const ended = new Set<string>()
  const match = [{ Type: 'machines', Action: '*', Key: '*' }]
  await bus.subscribe({ durable: 'ledger', match, concurrency: 64 }, async ({ id, Object: object }) => {
    const { Phase, RequestId = '' } = (object ?? {}) as { Phase?: string; RequestId?: string }
    if (Phase === undefined) return
    ids.add(id)
    if (Phase === 'start') started.add(RequestId)
    else ended.add(RequestId)
  })
  return {
    missing: (attempts) =>
      attempts.flatMap(({ requestId, atMs }) => {
        const lacking = [...(started.has(requestId) ? [] : ['start']), ...(ended.has(requestId) ? [] : ['end'])]
        return lacking.length > 0
          ? [`${requestId}, answered at ${Math.round(atMs)} ms: no ${lacking.join(' and ')}`]
          : []
      }),
    get count() {
      return ids.size
    },
  }
}
