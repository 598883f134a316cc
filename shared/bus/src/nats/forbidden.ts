import { PermissionViolationError } from '@nats-io/transport-node'

/** Whether the server refuses this user the subject, which no repeat changes. */
export function isForbidden(error: unknown): boolean {
  if (error instanceof PermissionViolationError) return true
  return error instanceof Error && isForbidden(error.cause)
}
