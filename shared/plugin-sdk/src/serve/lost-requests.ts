import { createHash } from 'node:crypto'
import { pause } from '@powerbus/turns'
import type { EventReporter } from '../events/event-reporter.ts'
import type { Logger } from '../log.ts'
import type { LostRequest } from '../power/recover-requests.ts'
import type { StoreCoordinator } from '../power/store-coordinator.ts'

const EVERY_MS = 60_000

export interface LostRequestsOptions {
  readonly coordinator: StoreCoordinator
  readonly plugin: string
  /** Where the event goes; absent where there is no bus. */
  readonly outbox: EventReporter | undefined
  readonly log: Logger
  readonly signal: AbortSignal
}

/**
 * Looks now and every minute for requests whose replica died, and tells of each: in the log, and as an event
 * `requests.lost.REQUEST-ID`. Ends with the signal; never rejects.
 */
export async function reportLostRequests({
  coordinator,
  plugin,
  outbox,
  log,
  signal,
}: LostRequestsOptions): Promise<void> {
  const report = async (lost: LostRequest) => {
    const { requestId, subject, replica, outcome } = lost
    log.warn('a replica died before this request ended', { requestId, subject, replica, outcome: outcome.kind })
    outbox?.publish(eventOf(plugin, lost), { requestId })
  }
  while (!signal.aborted) {
    await coordinator.recover({ signal, report }).catch((error: unknown) => {
      if (!signal.aborted) log.warn('lost requests cannot be looked for now', { reason: String(error) })
    })
    await pause(EVERY_MS, signal)
  }
}

function eventOf(plugin: string, { requestId, subject, replica, startedMs, outcome }: LostRequest) {
  const hash = createHash('sha256')
    .update(JSON.stringify([requestId, replica, startedMs]))
    .digest('hex')
  return {
    id: `lost-${hash.slice(0, 40)}`,
    Time: new Date().toISOString(),
    Type: 'requests',
    Action: 'lost',
    Key: requestId,
    Principal: `plugin:${plugin}`,
    Object: {
      RequestId: requestId,
      Subject: subject,
      Replica: replica,
      StartedAt: new Date(startedMs).toISOString(),
      Outcome: outcome.kind,
    },
    Original: null,
  }
}
