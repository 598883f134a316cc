import { traceContextOf } from '@powerbus/bus'
import { type JsonObject, models } from '@powerbus/drp'
import { type AcceptedWork, PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SYSTEM } from '../host/action-choice.ts'
import type { Kind } from '../inventory/change.ts'
import type { QueryValues } from '../inventory/list-query.ts'
import { GLOBAL_PROFILE } from '../inventory/profile.ts'
import { described, listOf, refTo } from '../openapi/route-description.ts'
import type { ApiParts } from './api-parts.ts'
import { objectBody } from './object-kind.ts'

interface ActionRoute {
  Params: { key: string; command: string }
  Querystring: QueryValues
}

/** The name of a param has slashes; a user's object has a password's hash, which is for no plugin. */
const WITHOUT_ACTIONS: readonly Kind[] = ['params', 'users', 'preferences']

/** The actions of every kind's objects and of the system. */
export function actionRoutes(api: FastifyInstance, parts: ApiParts, accepted: AcceptedWork): void {
  const { inventory, supervisor } = parts
  for (const kind of inventory.kinds()) {
    if (WITHOUT_ACTIONS.includes(kind) || !Object.hasOwn(models, kind)) continue
    const collection = inventory.collection(kind)
    const find = (key: string) => supervisor.shown(kind, collection.get(key))
    kindActionRoutes(api, parts, accepted, { path: `/${kind}/:key`, kind, find })
  }
  const find = () => inventory.profiles.get(GLOBAL_PROFILE)
  kindActionRoutes(api, parts, accepted, { path: '/system', kind: SYSTEM, find })
}

/** Objects that have actions. */
export interface ActionObjects {
  /** Of one object. */
  readonly path: string
  readonly kind: Kind
  /** Throws OBJECT_UNKNOWN. */
  find(key: string): JsonObject
}

/**
 * Lists and runs the actions of one kind's objects. An accepted action goes on when its client disconnects, because the
 * plugin goes on too and its result must be published.
 */
export function kindActionRoutes(
  api: FastifyInstance,
  { actions, admission }: ApiParts,
  accepted: AcceptedWork,
  { path, kind, find }: ActionObjects,
): void {
  const about = kind === SYSTEM ? {} : { about: kind }
  const reading = { config: { access: about } }
  const query = { plugin: 'Name of the plugin object whose action it is' }
  const question = (request: FastifyRequest<ActionRoute>) => {
    return { kind, object: find(request.params.key), plugin: pluginAsked(request.query) }
  }
  const listing = described(reading, {
    summary: 'List the actions that the object can do now',
    query,
    answer: listOf(refTo('AvailableAction')),
  })
  api.get<ActionRoute>(`${path}/actions`, listing, async (request) => actions.list(question(request)))
  const showing = described(reading, {
    summary: 'Show one action and its params',
    query,
    answer: refTo('AvailableAction'),
  })
  api.get<ActionRoute>(`${path}/actions/:command`, showing, async (request) => {
    return actions.find(question(request), request.params.command)
  })
  const config = { refreshesStore: true, access: { ...about, role: 'act' } } as const
  const running = described(
    { config },
    { summary: "Run an action with these params; the answer is the plugin's", query, body: refTo('ParamValues') },
  )
  api.post<ActionRoute>(`${path}/actions/:command`, running, async (request, reply) => {
    const wanted = {
      kind,
      object: () => {
        // The inventory is up to date only now.
        admission.confirm(request)
        return find(request.params.key)
      },
      command: request.params.command,
      plugin: pluginAsked(request.query),
      params: request.body === undefined || request.body === null ? {} : objectBody(request.body),
      requestId: request.id,
      trace: traceContextOf((name) => request.headers[name]),
      principal: request.principal,
      signal: accepted.shutdown,
    }
    const result = await accepted.accept(() => actions.run(wanted))
    return await reply.type('application/json').send(result)
  })
}

/** The plugin object that `?plugin=` names. Throws REQUEST_INVALID where it names two. */
function pluginAsked({ plugin }: QueryValues): string | undefined {
  const names = [...new Set([plugin ?? []].flat())].filter((name) => name !== '')
  if (names.length <= 1) return names[0]
  throw new PowerbusError('REQUEST_INVALID', 'plugin is given twice: name one plugin')
}
