import type { Endpoint, Logger } from '@powerbus/plugin-sdk'
import type { Press } from './press.ts'

/** `asked` is written before the action runs, and another outcome after it. */
export type AuditOutcome = 'asked' | 'done' | 'failed' | 'unknown' | 'refused' | 'repeated'

export interface AuditLine {
  readonly press: Press
  readonly principal: string
  readonly outcome: AuditOutcome
  /** Reason or result. */
  readonly detail: string
}

/** Request id of the press's action, in events, logs and `power/request-id`. */
export function requestIdOf({ id }: Press): string {
  return `slack-${id}`
}

/** Writes user, command and outcome of a press to the log, and publishes them as `slack.audit.UUID`. Never throws. */
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
    log.warn('an audit event could not be published; the log has its line', { error: String(error) })
  }
}
