import { traceContextOf } from '@powerbus/bus'
import type { JsonObject } from '@powerbus/drp'
import type { FastifyInstance } from 'fastify'
import type { ApiParts } from './api.ts'
import { goneSignal } from './gone-signal.ts'
import { objectBody } from './object-routes.ts'

interface ActionRoute {
  Params: { key: string; command: string }
}

/** List and run the actions of machines, profiles, plugins and of the system. `brokenOff` ends all that still run. */
export function actionRoutes(api: FastifyInstance, parts: ApiParts, brokenOff: AbortSignal): void {
  const { inventory, host, actions } = parts
  kindActions('/machines/:key', 'machines', (key) => inventory.machines.get(key))
  kindActions('/profiles/:key', 'profiles', (key) => inventory.profiles.get(key))
  kindActions('/plugins/:key', 'plugins', (key) => host.shown(inventory.plugins.get(key)))
  kindActions('/system', '', () => ({}))

  function kindActions(path: string, kind: string, find: (key: string) => JsonObject): void {
    api.get<ActionRoute>(`${path}/actions`, async (request) => actions.list(kind, find(request.params.key)))
    api.get<ActionRoute>(`${path}/actions/:command`, async (request) => {
      return actions.find(kind, find(request.params.key), request.params.command)
    })
    const config = { refreshesStore: true }
    api.post<ActionRoute>(`${path}/actions/:command`, { config }, async (request, reply) => {
      const result = await actions.run({
        kind,
        object: () => find(request.params.key),
        command: request.params.command,
        params: request.body === undefined || request.body === null ? {} : objectBody(request.body),
        requestId: request.id,
        trace: traceContextOf((name) => request.headers[name]),
        principal: request.principal,
        signal: goneSignal(reply, brokenOff),
      })
      return await reply.type('application/json').send(result)
    })
  }
}
