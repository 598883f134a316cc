import { traceContextOf } from '@powerbus/bus'
import type { JsonObject } from '@powerbus/drp'
import type { AcceptedWork } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import type { Kind } from '../inventory/change.ts'
import type { ApiParts } from './api-parts.ts'
import { objectBody } from './object-kind.ts'

interface ActionRoute {
  Params: { key: string; command: string }
}

/**
 * Lists and runs the actions of machines, profiles, plugins and the system. An accepted action goes on when its client
 * disconnects, because the plugin goes on too and its result must be published.
 */
export function actionRoutes(api: FastifyInstance, parts: ApiParts, accepted: AcceptedWork): void {
  const { inventory, supervisor, actions, admission } = parts
  kindActions('/machines/:key', 'machines', (key) => inventory.machines.get(key))
  kindActions('/profiles/:key', 'profiles', (key) => inventory.profiles.get(key))
  kindActions('/plugins/:key', 'plugins', (key) => supervisor.shown('plugins', inventory.plugins.get(key)))
  kindActions('/system', '', () => ({}))

  function kindActions(path: string, kind: Kind | '', find: (key: string) => JsonObject): void {
    const about = kind === '' ? {} : { about: kind }
    const reading = { config: { access: about } }
    api.get<ActionRoute>(`${path}/actions`, reading, async (request) => actions.list(kind, find(request.params.key)))
    api.get<ActionRoute>(`${path}/actions/:command`, reading, async (request) => {
      return actions.find(kind, find(request.params.key), request.params.command)
    })
    const config = { refreshesStore: true, access: { ...about, role: 'act' } } as const
    api.post<ActionRoute>(`${path}/actions/:command`, { config }, async (request, reply) => {
      const wanted = {
        kind,
        object: () => {
          // The inventory is up to date only now.
          admission.confirm(request)
          return find(request.params.key)
        },
        command: request.params.command,
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
}
