import { PowerbusError } from '@powerbus/plugin-sdk'
import { type Role, reaches, roleOfName, strongest } from '../auth/role.ts'
import { parseScope, type Scope } from '../auth/token-scope.ts'
import { TTL_MAX_S } from '../auth/token-wish.ts'
import type { QueryValues } from '../inventory/list-query.ts'

const UNIT_S: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 }

export interface TokenQuery {
  readonly ttlS: number | undefined
  readonly role: Role | undefined
  readonly scope: Scope | undefined
}

/**
 * What DRP's `ttl`, `roles`, `scope`, `action` and `specific` ask for. What our tokens cannot express is refused: a
 * token with more rights than were asked for would be worse than none. Throws REQUEST_INVALID.
 */
export function parseTokenQuery(query: QueryValues): TokenQuery {
  const scope = scopeOf(words(query, 'scope'), words(query, 'specific'))
  const asked = [roleOfRoles(words(query, 'roles')), roleOfActions(words(query, 'action'))]
  const [role] = asked.flatMap((found) => found ?? []).sort((a, b) => (reaches(a, b) ? 1 : -1))
  return { ttlS: ttlOf(query), role, scope }
}

/** Seconds, or a Go duration such as `1h30m`. */
function ttlOf(query: QueryValues): number | undefined {
  const text = [query.ttl].flat().at(-1)
  if (text === undefined) return undefined
  const parts = [...text.matchAll(/(\d{1,9})([hms])/g)]
  const isDuration = parts.length > 0 && parts.map(([part]) => part).join('') === text
  const durationS = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_S[unit] ?? 0), 0)
  const seconds = isDuration ? durationS : Number(/^\d{1,9}$/.test(text) ? text : Number.NaN)
  if (seconds >= 1 && seconds <= TTL_MAX_S) return seconds
  throw new PowerbusError('REQUEST_INVALID', `ttl must be 1 to ${TTL_MAX_S} seconds, or a duration such as 1h`)
}

/** The highest of DRP's role names that we know. */
function roleOfRoles(names: readonly string[]): Role | undefined {
  const unknown = names.find((name) => roleOfName(name) === undefined)
  if (unknown === undefined) return strongest(names)
  throw new PowerbusError('REQUEST_INVALID', `roles: there is no role ${unknown.slice(0, 40)}: use read, act or admin`)
}

function roleOfActions(names: readonly string[]): Role | undefined {
  const needed = names.map((name): Role | undefined => {
    if (name === '*') return undefined
    if (name === 'get' || name === 'list') return 'read'
    if (name === 'action' || name === 'actions') return 'act'
    const text = `action: ${name.slice(0, 40)} cannot be given alone: use get,list (role read), action (role act) or *`
    throw new PowerbusError('REQUEST_INVALID', text)
  })
  if (needed.length === 0 || needed.includes(undefined)) return undefined
  return needed.includes('act') ? 'act' : 'read'
}

function scopeOf(scopes: readonly string[], keys: readonly string[]): Scope | undefined {
  const isAll = (names: readonly string[]) => names.length === 0 || names.includes('*')
  if (isAll(scopes) && isAll(keys)) return undefined
  const [kind, key] = [scopes[0], keys[0]]
  if (scopes.length === 1 && keys.length === 1 && !isAll(scopes) && !isAll(keys)) return parseScope(`${kind}/${key}`)
  const text = 'scope and specific must name one object, such as scope=machines and specific=UUID, or be left out'
  throw new PowerbusError('REQUEST_INVALID', text)
}

function words(query: QueryValues, name: string): readonly string[] {
  return [query[name] ?? []]
    .flat(2)
    .flatMap((text) => text.split(','))
    .filter((text) => text !== '')
}
