import type { AddressInfo } from 'node:net'
import { isJsonObject, models } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import type { ApiParts } from './api-parts.ts'
import { endpointInfo } from './endpoint-info.ts'
import { hostInterfaces } from './network-interfaces.ts'

/** What the endpoint is and has: info, objects, indexes and interfaces (spec: drp-endpoint.md §6). */
export function endpointRoutes(api: FastifyInstance, parts: ApiParts): void {
  const general = { config: { access: { about: 'none' } } } as const
  api.get('/info', general, async () => {
    return endpointInfo(parts, (api.server.address() as AddressInfo | null)?.port ?? 0)
  })
  api.get('/objects', general, async () => {
    const stored = parts.supervisor.providers().flatMap(({ StoreObjects }) => {
      return isJsonObject(StoreObjects) ? Object.keys(StoreObjects) : []
    })
    return [...new Set([...Object.keys(models), ...stored])].sort()
  })

  const indexes = Object.fromEntries(Object.entries(models).map(([prefix, { indexes }]) => [prefix, indexes]))
  const indexesOf = (prefix: string) => (Object.hasOwn(indexes, prefix) ? (indexes[prefix] ?? {}) : {})
  api.get('/indexes', general, async () => indexes)
  api.get<{ Params: { prefix: string } }>('/indexes/:prefix', general, async ({ params }) => indexesOf(params.prefix))
  // An unknown name is an empty object.
  api.get<{ Params: { prefix: string; '*': string } }>('/indexes/:prefix/*', general, async ({ params }) => {
    const found = indexesOf(params.prefix)
    return Object.hasOwn(found, params['*']) ? found[params['*']] : {}
  })

  api.get('/interfaces', general, async () => await hostInterfaces())
  api.get<{ Params: { name: string } }>('/interfaces/:name', general, async ({ params }) => {
    const name = params.name.replace(/^Name:/, '')
    const found = (await hostInterfaces()).find(({ Name }) => Name === name)
    if (found !== undefined) return found
    throw new PowerbusError('OBJECT_UNKNOWN', `interfaces ${name} does not exist`)
  })
}
