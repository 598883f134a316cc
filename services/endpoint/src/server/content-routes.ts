import { randomUUID } from 'node:crypto'
import { decodeContentBundle } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import type { ChangeAction } from '../inventory/change.ts'
import type { ContentSummary } from '../inventory/contents.ts'
import type { QueryValues } from '../inventory/list-query.ts'
import { anyObject, described, listOf, refTo } from '../openapi/route-description.ts'
import type { ApiParts } from './api-parts.ts'
import { parseJsonBodies } from './json-bodies.ts'

interface ContentRoute {
  Params: { key: string }
  Querystring: QueryValues
}

/** Below the largest value of the store. */
const BODY_BYTES_MAX = 12 * 1024 * 1024
/** A bundle of some thousand objects. */
const LIMITS = { depthMax: 100, valuesMax: 500_000 }

/** Routes of content bundles: list, show, add, replace and remove. */
export function contentRoutes(api: FastifyInstance, { contents, supervisor, onChange }: ApiParts): void {
  const general = { config: { access: { about: 'none' } } } as const
  const changed = async (action: ChangeAction, summary: ContentSummary, principal: string, was?: ContentSummary) => {
    const key = summary.meta.Name
    const about = { id: randomUUID(), time: new Date().toISOString(), kind: 'contents', key, principal }
    onChange({ ...about, action, object: { ...summary }, original: was && { ...was } })
    // Any plugin may use a default or a profile of it.
    await supervisor.follow('profiles', key)
  }
  const listing = described(general, { summary: 'List content bundles', answer: listOf(refTo('ContentSummary')) })
  api.get('/contents', listing, async () => contents.list())
  const showing = described(general, { summary: 'Show a content bundle with its objects', answer: anyObject })
  api.get<ContentRoute>('/contents/:key', showing, async ({ params }) => contents.content(params.key))
  const removal = described({}, { summary: 'Remove a content bundle and its objects', answer: 'nothing', status: 204 })
  api.delete<ContentRoute>('/contents/:key', removal, async ({ params, principal }, reply) => {
    const was = await contents.remove(params.key)
    await changed('delete', was, principal, was)
    // The Go client refuses an answer without this type, even one without a body.
    return await reply.code(204).type('application/json').send()
  })
  api.register((scope, _options, done) => {
    parseJsonBodies(scope, LIMITS)
    const write = (summary: string, status: number) => {
      const query = { replaceWritable: 'true: objects that clients made of its keys are removed' }
      const description = { summary, query, body: anyObject, answer: refTo('ContentSummary'), status }
      return { ...described({}, description), bodyLimit: BODY_BYTES_MAX }
    }
    scope.post<ContentRoute>('/contents', write('Add a content bundle', 201), async (request, reply) => {
      const bundle = decodeContentBundle(request.body)
      const made = await contents.put(bundle, true, request.query.replaceWritable === 'true')
      await changed('create', made, request.principal)
      return await reply.code(201).send(made)
    })
    scope.put<ContentRoute>('/contents/:key', write('Replace a content bundle', 200), async (request) => {
      const bundle = decodeContentBundle(request.body)
      const { key } = request.params
      if (bundle.meta.Name !== key) {
        throw new PowerbusError('REQUEST_INVALID', `meta.Name is ${bundle.meta.Name}, and the path says ${key}`)
      }
      const was = contents.summary(key)
      const made = await contents.put(bundle, false, request.query.replaceWritable === 'true')
      await changed('update', made, request.principal, was)
      return made
    })
    done()
  })
}
