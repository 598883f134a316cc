import type { JsonObject } from '@powerbus/drp'
import type { NewEvent } from './new-event.ts'

/** Only the endpoint publishes events of this Type, and only admins see them. */
export const AUDIT_TYPE = 'audit'

export type AuditAction =
  | 'token-made'
  | 'token-refused'
  | 'token-revoked'
  | 'code-made'
  | 'code-used'
  | 'code-wrong'
  | 'password-set'
  | 'password-wrong'
  | 'secrets-read'

/** What happened to tokens, login codes and secrets. Never holds a token, a code or a secret. */
export interface AuditEntry {
  readonly action: AuditAction
  /** Id of the token, else what was asked for. */
  readonly key: string
  /** Who asked: `user:NAME`, `plugin:NAME`, or `unknown`. */
  readonly principal: string
  /** IP address of the client; empty for what the endpoint did itself. */
  readonly address: string
  /** `ok`, or why it was refused. */
  readonly outcome: string
  readonly about?: JsonObject
}

/** The bus's limit for a part of a subject is 256. */
const KEY_BYTES_MAX = 250

export function auditEvent({ action, key, principal, address, outcome, about = {} }: AuditEntry): NewEvent {
  return {
    Type: AUDIT_TYPE,
    Action: action,
    Key: Buffer.from(key).subarray(0, KEY_BYTES_MAX).toString(),
    Principal: principal,
    Object: { Address: address, Outcome: outcome, ...about },
  }
}
