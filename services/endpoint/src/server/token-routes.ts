import { FieldReader } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Caller, principalOf } from '../auth/caller.ts'
import { ADMIN } from '../auth/login-codes.ts'
import { parseRole } from '../auth/role.ts'
import { OLDER_ID, OPERATOR_ID, type TokenRecord } from '../auth/token-record.ts'
import { parseScope, type Scope, scopeText } from '../auth/token-scope.ts'
import type { TokenWish } from '../auth/token-wish.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { QueryValues } from '../inventory/list-query.ts'
import { anyObject, described, listOf, refTo } from '../openapi/route-description.ts'
import { askerOf, callerOf } from './admission.ts'
import type { ApiParts } from './api-parts.ts'
import { endpointInfo, portOf } from './endpoint-info.ts'
import { objectBody } from './object-kind.ts'
import { parseTokenQuery } from './token-query.ts'

interface TokenRoute {
  Params: { name: string; key: string }
  Querystring: QueryValues
}

/** Part of what a token may be asked for. */
const ttlQuery = {
  ttl: 'Seconds, or a duration such as 8h, that the token lives',
  role: 'read, act or admin',
  scope: 'all, or KIND/KEY of one object',
}

const NAME = /^[^\p{Cc}]{1,100}$/u
const OWNER = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u
/** In place of an id: the token that asks. */
const CURRENT = 'current'

/** Tokens: got with a login code or a token, made for scripts, listed and revoked; and login codes. */
export function tokenRoutes(api: FastifyInstance, parts: ApiParts): void {
  const { authority, admission, inventory, version } = parts
  const session = async (request: FastifyRequest, caller: Caller, wish: Omit<TokenWish, 'isLasting'>) => {
    const scope = wish.scope && resolved(wish.scope, inventory)
    const made = await authority.makeToken(caller, { ...wish, scope, isLasting: false }, askerOf(request))
    const { Expires, Id } = shown(made.record)
    // Go's decoder takes Id and id for one field: the last one counts.
    const about = { Name: made.record.owner, Id, Expires, Version: version }
    return { Token: made.token, Info: { ...about, ...endpointInfo(parts, portOf(api)) } }
  }

  // The handler checks the token or code, once it knows that the rest of the request is right.
  const own = { isPublic: true, access: { role: 'read', isForUsers: true, about: 'none' } } as const
  const asking = described(
    { config: own },
    { summary: 'Get a token with a login code, a password or a token', query: ttlQuery, answer: refTo('Session') },
  )
  api.get<TokenRoute>('/users/:name/token', asking, async (request) => {
    const wish = parseTokenQuery(request.query)
    const caller = await admission.admit(request, true)
    checkUser(request.params.name, caller)
    return await session(request, caller, { name: 'session', ...wish })
  })
  const ofMachine = described({ config: { access: { about: 'machines' } } } as const, {
    summary: 'Get a token for one machine',
    query: ttlQuery,
    answer: refTo('Session'),
  })
  api.get<TokenRoute>('/machines/:key/token', ofMachine, async (request) => {
    const { ttlS, role, scope } = parseTokenQuery(request.query)
    const { Uuid, Name } = inventory.machines.get(request.params.key)
    const own: Scope = { kind: 'machines', key: Uuid }
    if (scope !== undefined && scopeText(resolved(scope, inventory)) !== scopeText(own)) {
      throw new PowerbusError('REQUEST_INVALID', "a machine's token is for that machine: leave scope and specific out")
    }
    return await session(request, callerOf(request), { name: `machine ${Name}`, ttlS, role, scope: own })
  })
  const forUsers = { access: { isForUsers: true, about: 'none' } } as const
  const newCode = described({ config: forUsers }, { summary: 'Make a new code for one login', answer: anyObject })
  api.post<TokenRoute>('/users/:name/login-code', newCode, async (request) => {
    const caller = callerOf(request)
    checkUser(request.params.name, caller)
    const { code, expiresAt } = authority.newLoginCode(caller, askerOf(request))
    return { Code: code, Expires: new Date(expiresAt).toISOString() }
  })

  const listing = described({ config: { access: { about: 'none' } } } as const, {
    summary: 'List the tokens, never their text',
    answer: listOf(refTo('TokenInfo')),
  })
  api.get('/tokens', listing, async (request) => {
    const uses = await authority.lastUses()
    return authority.list(callerOf(request)).map((record) => shown(record, uses.get(record.id)))
  })
  const making = described({ config: { ...own, access: { ...own.access, role: 'admin' } } } as const, {
    summary: 'Make a token with a name, an owner, a role, a scope and a life',
    body: refTo('NewToken'),
    answer: refTo('Session'),
    status: 201,
  })
  api.post('/tokens', making, async (request, reply) => {
    const wish = parseWish(request.body)
    const caller = await admission.admit(request, true)
    const scope = wish.scope && resolved(wish.scope, inventory)
    const { token, record } = await authority.makeToken(caller, { ...wish, scope }, askerOf(request))
    return await reply.code(201).send({ Token: token, Info: shown(record) })
  })
  const revoking = described({ config: { access: { role: 'read', about: 'none' } } } as const, {
    summary: 'Revoke a token and all tokens made with it; current: the one that asks',
    answer: listOf(refTo('TokenInfo')),
  })
  api.delete<TokenRoute>('/tokens/:key', revoking, async (request) => {
    const caller = callerOf(request)
    const { key } = request.params
    const revoked = await authority.revoke(caller, key === CURRENT ? ownId(caller) : key, askerOf(request))
    return revoked.map((record) => shown(record))
  })
}

/** The id by which the caller can revoke its own token. Throws OBJECT_CONFLICT. */
function ownId({ id }: Caller): string {
  if (id === OPERATOR_ID) {
    throw new PowerbusError('OBJECT_CONFLICT', 'the token of the operator file ends with the endpoint')
  }
  if (id === OLDER_ID) {
    const text = `this token is of an older version, whose tokens are revoked together: revoke ${OLDER_ID}`
    throw new PowerbusError('OBJECT_CONFLICT', text)
  }
  return id
}

function shown(record: TokenRecord, usedAt?: number) {
  const { id, name, role, scope, parent, madeAt, expiresAt } = record
  return {
    Id: id,
    Name: name,
    Owner: principalOf({ kind: record.kind, name: record.owner }),
    Role: role,
    Scope: scopeText(scope),
    Parent: parent,
    Made: timeText(madeAt),
    Expires: timeText(expiresAt),
    LastUsed: timeText(usedAt ?? 0),
  }
}

/** Empty for never and unknown. */
function timeText(seconds: number): string {
  return seconds === 0 ? '' : new Date(seconds * 1000).toISOString()
}

/** Throws DecodeError and REQUEST_INVALID. */
function parseWish(body: unknown): TokenWish {
  const read = new FieldReader(objectBody(body), 'the body')
  const [name, owner] = [read.name('Name'), read.string('Owner', ADMIN)]
  if (!NAME.test(name)) throw new PowerbusError('REQUEST_INVALID', 'Name has 1 to 100 characters')
  if (!OWNER.test(owner)) {
    throw new PowerbusError('REQUEST_INVALID', 'Owner has 1 to 64 letters, digits and ._@-, as in ada@example.org')
  }
  const [role, scope, ttlS] = [read.string('Role', ''), read.string('Scope', ''), read.integer('Ttl', 0)]
  return {
    name,
    owner,
    isLasting: true,
    role: role === '' ? undefined : parseRole(role),
    scope: scope === '' ? undefined : parseScope(scope),
    ttlS: read.fields.Ttl === undefined ? undefined : ttlS,
  }
}

/** The scope with the object's own key in place of `Name:NAME`. Throws OBJECT_UNKNOWN. */
function resolved(scope: Scope, inventory: Inventory): Scope {
  if (scope === 'all') return scope
  const collection = inventory.collection(scope.kind)
  return { kind: scope.kind, key: collection.keyOf(collection.get(scope.key)) }
}

/** A token is got for the user whose token asks. Throws OBJECT_UNKNOWN. */
function checkUser(name: string, caller: Caller): void {
  if (name === caller.name) return
  throw new PowerbusError('OBJECT_UNKNOWN', `this token is of user ${caller.name}: ask for users/${caller.name}`)
}
