import type { User } from '../session/managed-session.ts'

/** User 1 is the null user, so the configured users start at 2. §22.28. */
export const FIRST_USER_ID = 2

/** The user's ID, 2..63. */
export function userIdOf(users: readonly User[], user: User): number {
  return users.indexOf(user) + FIRST_USER_ID
}
