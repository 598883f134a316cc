import { isJsonObject, models } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import { anyObject, described, listOf, refTo } from '../openapi/route-description.ts'
import type { ApiParts } from './api-parts.ts'
import { endpointInfo, portOf } from './endpoint-info.ts'
import { hostInterfaces } from './network-interfaces.ts'

/** What the endpoint is and has: info, objects, indexes and interfaces. */
export function endpointRoutes(api: FastifyInstance, parts: ApiParts): void {
  const general = { config: { access: { about: 'none' } } } as const
  api.get('/info', described(general, { summary: 'What the endpoint is and can do', answer: anyObject }), async () => {
    return endpointInfo(parts, portOf(api))
  })
  api.get(
    '/objects',
    described(general, { summary: 'List the kinds of objects', answer: listOf({ type: 'string' }) }),
    async () => {
      const stored = parts.supervisor.providers().flatMap(({ StoreObjects }) => {
        return isJsonObject(StoreObjects) ? Object.keys(StoreObjects) : []
      })
      return [...new Set([...Object.keys(models), ...stored])].sort()
    },
  )

  // Plugins' own kinds come and go.
  const indexes = () => {
    const held = parts.inventory.kinds().map((kind) => parts.inventory.collection(kind).model)
    return Object.fromEntries([...Object.values(models), ...held].map(({ prefix, indexes }) => [prefix, indexes]))
  }
  const indexesOf = (prefix: string) => {
    const found = indexes()
    return Object.hasOwn(found, prefix) ? (found[prefix] ?? {}) : {}
  }
  api.get('/indexes', described(general, { summary: 'The indexes of every kind', answer: anyObject }), async () =>
    indexes(),
  )
  const ofKind = described(general, { summary: 'The indexes of one kind', answer: anyObject })
  api.get<{ Params: { prefix: string } }>('/indexes/:prefix', ofKind, async ({ params }) => indexesOf(params.prefix))
  // An unknown name is an empty object.
  const one = described(general, { summary: 'One index; an empty object where there is none', answer: anyObject })
  api.get<{ Params: { prefix: string; '*': string } }>('/indexes/:prefix/*', one, async ({ params }) => {
    const found = indexesOf(params.prefix)
    return Object.hasOwn(found, params['*']) ? found[params['*']] : {}
  })

  const interfaces = described(general, {
    summary: "List the host's network interfaces",
    answer: listOf(refTo(models.interfaces.title)),
  })
  api.get('/interfaces', interfaces, async () => await hostInterfaces())
  const oneInterface = described(general, {
    summary: 'Show one network interface',
    answer: refTo(models.interfaces.title),
  })
  api.get<{ Params: { name: string } }>('/interfaces/:name', oneInterface, async ({ params }) => {
    const name = params.name.replace(/^Name:/, '')
    const found = (await hostInterfaces()).find(({ Name }) => Name === name)
    if (found !== undefined) return found
    throw new PowerbusError('OBJECT_UNKNOWN', `interfaces ${name} does not exist`)
  })
}
