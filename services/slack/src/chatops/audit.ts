import type { Endpoint, Logger } from '@powerbus/plugin-sdk'
import type { ChatSettings } from './chat-settings.ts'
import type { Press } from './press.ts'

/** What became of a press. `asked` is written before the action runs, and another outcome after it. */
export interface PressOutcome {
  readonly outcome: 'asked' | 'done' | 'failed' | 'unknown' | 'refused' | 'repeated'
  /** Reason or result. */
  readonly detail: string
}

export interface AuditTools {
  readonly settings: ChatSettings
  readonly endpoint: Endpoint
  readonly log: Logger
}

/** Request id of the press's action, in events, logs and `power/request-id`. */
export function requestIdOf({ id }: Press): string {
  return `slack-${id}`
}

export function principalOf({ user }: Press, { principals }: ChatSettings): string {
  return principals.get(user.id) ?? `slack:${user.id}`
}

/** Writes user, command and outcome of a press to the log, and publishes them as `slack.audit.UUID`. Never throws. */
export async function writeAudit(press: Press, { outcome, detail }: PressOutcome, tools: AuditTools): Promise<void> {
  const { settings, endpoint, log } = tools
  const { command, uuid, name } = press.target
  const principal = principalOf(press, settings)
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
