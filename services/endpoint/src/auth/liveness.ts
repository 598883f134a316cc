import type { Inventory } from '../inventory/inventory.ts'
import type { Caller } from './caller.ts'
import { LOGIN_CODE_ID } from './login-codes.ts'
import { isPasswordId } from './password-book.ts'
import type { PluginTokenIds } from './plugin-token-ids.ts'
import { reaches } from './role.ts'
import type { TokenBook } from './token-book.ts'
import { OPERATOR_ID } from './token-record.ts'
import type { Users } from './users.ts'

export interface Known {
  readonly inventory: Inventory
  readonly users: Users
  readonly book: TokenBook
  readonly plugins: PluginTokenIds
}

/** Whether what the caller showed is still good, apart from its expiry. */
export function isLive({ kind, name, id, role }: Caller, known: Known): boolean {
  const { inventory, users, book, plugins } = known
  if (kind === 'operator') return id === OPERATOR_ID
  const hasRecord = book.get(id) !== undefined
  if (kind === 'plugin') return inventory.plugins.find(name) !== undefined && (plugins.get(name) === id || hasRecord)
  if (id === LOGIN_CODE_ID) return true
  if (!hasRecord && !isPasswordId(id)) return false
  // A password at the beginning of the chain must still be its user's, who still has that role.
  const source = hasRecord ? book.rootOf(id).parent : id
  if (!isPasswordId(source)) return true
  const holder = users.holder(source)
  return holder !== undefined && reaches(holder.role, role)
}
