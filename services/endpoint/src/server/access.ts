import { type DrpEvent, isJsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../auth/caller.ts'
import { type Role, reaches } from '../auth/role.ts'
import { scopeText } from '../auth/token-scope.ts'
import { AUDIT_TYPE } from '../events/audit-event.ts'
import { LOG_TYPE } from '../events/log-event.ts'
import type { Kind } from '../inventory/change.ts'
import type { Inventory } from '../inventory/inventory.ts'

/** What a route is about, for the check of a token's rights. */
export interface RouteAccess {
  /** By default `read` for GET and HEAD, else `admin`. */
  readonly role?: Role
  /** The object of the route's `:key` or `:name`; `none`: the route answers nothing of any one object. */
  readonly about?: Kind | 'none'
  /** True: not for a plugin's token. */
  readonly isForUsers?: boolean
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess
  }
}

/** `access` is the route's own by default. Throws FORBIDDEN where the caller's role does not reach the route's, or a plugin's token asks for what is a user's. */
export function checkRole(caller: Caller, request: FastifyRequest, access = accessOf(request)): void {
  const { role = isRead(request) ? 'read' : 'admin', isForUsers = false } = access
  if (isForUsers && caller.kind === 'plugin') throw forbidden("a plugin's token cannot get or manage users' tokens")
  if (!reaches(caller.role, role)) throw forbidden(`this token's role is ${caller.role}, and ${role} is needed`)
  if (readsSecrets(request) && (caller.role !== 'admin' || caller.scope !== 'all')) {
    throw forbidden('decode=true shows secrets: it needs a token of role admin and scope all')
  }
}

/** Throws FORBIDDEN where the request is about something else than the one object of the caller's scope. */
export function checkScope({ scope }: Caller, request: FastifyRequest, inventory: Inventory): void {
  const { about } = accessOf(request)
  if (scope === 'all' || about === 'none') return
  if (about === scope.kind) {
    const { key = '', name = key } = Object(request.params) as { key?: string; name?: string }
    const collection = inventory.collection(about)
    const object = collection.find(name)
    if (object !== undefined && collection.keyOf(object) === scope.key) return
  }
  throw forbidden(`this token is for ${scopeText(scope)} only`)
}

/** Whether the caller may see the event: audit, log and users are for admins, and a scope shows its one object's. */
export function maySee({ kind, role, scope }: Caller, event: Pick<DrpEvent, 'Type' | 'Key'>): boolean {
  if (scope !== 'all') return event.Type === scope.kind && event.Key === scope.key
  if (event.Type === AUDIT_TYPE) return role === 'admin' && kind !== 'plugin'
  return role === 'admin' || (event.Type !== LOG_TYPE && event.Type !== 'users')
}

/** Whether a request asks for secure params decrypted. */
export function readsSecrets(request: FastifyRequest): boolean {
  const decode: unknown = isJsonObject(request.query) ? request.query.decode : undefined
  return isRead(request) && decode !== undefined && [decode].flat().some((text) => text !== 'false')
}

/** The actions of plugins' own objects, whose routes are not the API's own. */
const STORE_OBJECT_ACTION = /^\/api\/v3\/[^/]+\/[^/]+\/actions\/[^/]+$/

function accessOf(request: FastifyRequest): RouteAccess {
  const { access } = request.routeOptions.config
  if (access !== undefined || !request.is404) return access ?? {}
  return STORE_OBJECT_ACTION.test(request.url.split('?', 1)[0] ?? '') ? { role: 'act' } : {}
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

function forbidden(message: string): PowerbusError {
  return new PowerbusError('FORBIDDEN', message)
}
