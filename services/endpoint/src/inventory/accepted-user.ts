import { PowerbusError } from '@powerbus/plugin-sdk'
import { roleOfName, roles, SUPERUSER } from '../auth/role.ts'
import type { StoredObject } from './stored-object.ts'

/**
 * A user as it is stored: with known roles and nothing secret. Digital Rebar's Secret, whose change ends a user's tokens,
 * is empty, since a token names the password that it was got with. Throws OBJECT_INVALID.
 */
export function acceptedUser(user: StoredObject): StoredObject {
  if (Object.keys(user).some((name) => name.toLowerCase().startsWith('password'))) {
    throw invalid(
      "a user has no field for the password: set it with PUT users/NAME/password ('powerbus users password NAME')",
    )
  }
  const named: unknown = user.Roles
  const unknown = (Array.isArray(named) ? named : []).find((name) => roleOfName(name) === undefined)
  if (unknown === undefined) return { ...user, Secret: '' }
  throw invalid(`Roles: there is no role ${String(unknown).slice(0, 40)}: use ${[...roles, SUPERUSER].join(', ')}`)
}

function invalid(message: string): PowerbusError {
  return new PowerbusError('OBJECT_INVALID', message)
}
