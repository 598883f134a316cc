import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Kind } from '../inventory/change.ts'

/** What a token is for: everything, or one object. */
export type Scope = 'all' | { readonly kind: Kind; readonly key: string }

const KINDS: readonly Kind[] = ['machines', 'profiles', 'plugins']

/** `all`, or `KIND/KEY` such as `machines/UUID`. Throws REQUEST_INVALID. */
export function parseScope(text: string): Scope {
  if (text === 'all') return 'all'
  const at = text.indexOf('/')
  const kind = KINDS.find((name) => name === text.slice(0, at))
  const key = text.slice(at + 1)
  if (kind !== undefined && key !== '') return { kind, key }
  const example = 'machines/UUID, machines/Name:NAME, profiles/NAME or plugins/NAME'
  throw new PowerbusError('REQUEST_INVALID', `there is no scope ${text.slice(0, 80)}: use all, ${example}`)
}

export function scopeText(scope: Scope): string {
  return scope === 'all' ? 'all' : `${scope.kind}/${scope.key}`
}

/** Whether `scope` holds all of `other`. */
export function covers(scope: Scope, other: Scope): boolean {
  return scope === 'all' || scopeText(scope) === scopeText(other)
}
