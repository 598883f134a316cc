import { FieldReader } from '@powerbus/drp'
import type { Json } from '@powerbus/store'
import { parseRole, type Role } from './role.ts'
import { parseScope, type Scope, scopeText } from './token-scope.ts'

/** Parent of tokens that were got with the operator file, and of the plugins' own. */
export const OPERATOR_ID = 'operator'
/** Stands for all users' tokens of versions that kept no record of them. */
export const OLDER_ID = 'older-version'

/** What the store knows of a token; never the token itself. Times are in seconds since 1970. */
export interface TokenRecord {
  readonly id: string
  /** For people: what the token is for. */
  readonly name: string
  readonly kind: 'user' | 'plugin'
  /** The user's or plugin's name. */
  readonly owner: string
  readonly role: Role
  readonly scope: Scope
  /** Id of the token it was got with; `operator`, or `login-code`. */
  readonly parent: string
  readonly madeAt: number
  readonly expiresAt: number
  /** When every token got with it ends; 0 where the token begins a chain with each token that is got with it. */
  readonly chainEndsAt: number
}

/** A token of all rights that never ends. */
export function fixedRecord(kind: TokenRecord['kind'], owner: string): Omit<TokenRecord, 'id' | 'name'> {
  const rights = { role: 'admin', scope: 'all', parent: '' } as const
  return { kind, owner, ...rights, madeAt: 0, expiresAt: 0, chainEndsAt: 0 }
}

export function encodeTokenRecord(record: TokenRecord): Json {
  return { ...record, scope: scopeText(record.scope) }
}

/** Throws DecodeError, and REQUEST_INVALID for a role or scope of a newer version. */
export function decodeTokenRecord(value: Json): TokenRecord {
  const read = new FieldReader(value, 'TokenRecord')
  return {
    id: read.name('id'),
    name: read.string('name'),
    kind: read.string('kind') === 'plugin' ? 'plugin' : 'user',
    owner: read.name('owner'),
    role: parseRole(read.string('role')),
    scope: parseScope(read.string('scope')),
    parent: read.name('parent'),
    madeAt: read.integer('madeAt'),
    expiresAt: read.integer('expiresAt'),
    chainEndsAt: read.integer('chainEndsAt'),
  }
}
