import type { Endpoint, Logger } from '@powerbus/plugin-sdk'
import type { Press } from './press.ts'

/** `asked` is written before anything is done, and is followed by one of the others. */
export type AuditOutcome = 'asked' | 'done' | 'failed' | 'unknown' | 'refused' | 'repeated'

export interface AuditLine {
  readonly press: Press
  readonly principal: string
  readonly outcome: AuditOutcome
  /** Why, or what came of it. */
  readonly detail: string
}

/** The request id of what a press does, in events, logs and `power/request-id`. */
export function requestIdOf({ id }: Press): string {
  return `slack-${id}`
}

/** Who pressed what, and what came of it: a line in the log, and an event `slack.audit.UUID`. Never throws. */
export async function writeAudit(line: AuditLine, endpoint: Endpoint, log: Logger): Promise<void> {
  const { press, principal, outcome, detail } = line
  const { command, uuid, name } = press.target
  const facts = {
    Principal: principal,
    SlackUser: press.user.id,
    SlackName: press.user.name,
    Channel: press.channel,
    Message: press.messageTs,
    Command: command,
    RequestId: requestIdOf(press),
    Outcome: outcome,
    Detail: detail,
  }
  log.info(`audit: ${principal} ${command} ${name}: ${outcome}`, { ...facts, machine: name, uuid })
  try {
    const about = { ...facts, Machine: { Uuid: uuid, Name: name } }
    await endpoint.publish({ Type: 'slack', Action: 'audit', Key: uuid, Object: about })
  } catch (error) {
    log.warn('an audit event could not be published; its line in the log stands', { error: String(error) })
  }
}
