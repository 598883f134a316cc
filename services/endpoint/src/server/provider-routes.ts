import { models, providerNamePattern } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import { listIndexes } from '../inventory/list-index.ts'
import { parseListQuery, type QueryValues, select } from '../inventory/list-query.ts'
import { anyObject, described, listOf, listQuery } from '../openapi/route-description.ts'
import type { ApiParts } from './api-parts.ts'
import { bodyStream, rawBodies, sendFile } from './blob-routes.ts'
import { takesUploads } from './body-deadline.ts'

interface ProviderRoute {
  Params: { key: string }
  Querystring: QueryValues
}

/** Routes of plugin_providers: list, show, upload, download and remove. */
export function providerRoutes(api: FastifyInstance, { supervisor, providers }: ApiParts): void {
  const general = { config: { access: { about: 'none' } } } as const
  const indexOf = listIndexes(models.plugin_providers, () => false)
  // `Name:NAME` and `NAME` mean the same.
  const nameIn = ({ params }: { readonly params: ProviderRoute['Params'] }) => params.key.replace(/^Name:/, '')
  const listing = described(general, {
    summary: 'List plugin providers',
    query: listQuery,
    answer: listOf(anyObject),
  })
  api.get<ProviderRoute>('/plugin_providers', listing, async (request, reply) => {
    const all = supervisor.providers()
    const { objects, count } = await select(await parseListQuery(request.query, indexOf), all)
    reply.header('x-drp-list-total-count', String(all.length))
    reply.headers({ 'x-drp-list-count': String(count), 'x-drp-list-filter-count': String(count) })
    return objects
  })
  const showing = described(general, { summary: 'Show a plugin provider', answer: anyObject })
  api.get<ProviderRoute>('/plugin_providers/:key', showing, async (request) => supervisor.provider(nameIn(request)))
  const download = described(general, { summary: 'Download the executable of a provider', answer: 'bytes' })
  api.get<ProviderRoute>('/plugin_providers/:key/binary', download, async (request, reply) => {
    return await sendFile(request, reply, await providers.executable(nameIn(request)))
  })
  const removal = described({}, { summary: 'Remove an uploaded provider and end its plugins', answer: anyObject })
  api.delete<ProviderRoute>('/plugin_providers/:key', removal, async (request) => {
    return await providers.uninstall(nameIn(request), request.principal)
  })
  api.register((scope, _options, done) => {
    rawBodies(scope)
    const upload = described(
      { config: takesUploads },
      {
        summary: 'Upload the executable of a provider and use it at once',
        query: { replaceWritable: 'true: its bundle may replace objects that clients made' },
        body: 'bytes',
        answer: anyObject,
        status: 201,
      },
    )
    scope.post<ProviderRoute>('/plugin_providers/:key', upload, async (request, reply) => {
      const { key } = request.params
      if (!providerNamePattern.test(key)) throw new PowerbusError('REQUEST_INVALID', `${key.slice(0, 100)} is no name`)
      const replaces = request.query.replaceWritable === 'true'
      const size = await providers.install(key, bodyStream(request), request.principal, replaces)
      return await reply.code(201).send({ path: key, size })
    })
    done()
  })
}
