import type { User } from '../session/managed-session.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'
import { RmcpPlusStatus } from '../spec/rmcp-plus-status.ts'
import { MAX_USERNAME_LENGTH, NAME_ONLY_LOOKUP } from './rakp-1.ts'

/**
 * The user that RAKP 1 names, or the RMCP+ status code of the refusal. A name-only look-up finds the first user of that
 * name. Any other look-up finds the first user of that name who may have the requested level, so that several users can
 * share a name. §13.20.
 */
export function findUser(
  users: readonly User[],
  name: Uint8Array,
  role: number,
  privilegeLimit: number,
): User | number {
  if (name.length > MAX_USERNAME_LENGTH) return RmcpPlusStatus.InvalidNameLength
  const level = role & 0x0f
  if (level < PrivilegeLevel.callback || level > PrivilegeLevel.administrator) return RmcpPlusStatus.InvalidRole
  const named = users.filter((user) => user.mayOpenSession && Buffer.compare(user.name, name) === 0)
  const [first] = named
  if (first === undefined) return RmcpPlusStatus.UnauthorizedName
  if (level > privilegeLimit) return RmcpPlusStatus.UnauthorizedRole
  const mayHave = (user: User) => user.privilegeLimit >= level
  const user = (role & NAME_ONLY_LOOKUP) !== 0 ? first : named.find(mayHave)
  return user !== undefined && mayHave(user) ? user : RmcpPlusStatus.UnauthorizedRole
}
