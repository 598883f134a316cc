import type { FastifyInstance } from 'fastify'
import { type ListIndex, listIndexes } from '../inventory/list-index.ts'
import { parseListQuery, select } from '../inventory/list-query.ts'
import { Pace } from '../inventory/pace.ts'
import { selectIndexed } from '../inventory/select-indexed.ts'
import type { StoredObject } from '../inventory/stored-object.ts'
import { described, listOf, listQuery } from '../openapi/route-description.ts'
import type { ApiParts } from './api-parts.ts'
import { listChunks } from './list-chunks.ts'
import type { KeyRoute, ObjectKind } from './object-kind.ts'
import { sendChunks } from './send-chunks.ts'

/** `GET PREFIX` and `HEAD PREFIX`: the objects that a query selects, and how many there are. */
export function listRoute<T extends StoredObject>(api: FastifyInstance, parts: ApiParts, kind: ObjectKind<T>): void {
  const { inventory } = parts
  const { collection } = kind
  const indexOf = listIndexes(collection.model, (name) => inventory.definitions.has(name))
  const paramOf = (object: T, name: string) => inventory.param(object, name)
  const mayInherit = (index: ListIndex, wanted?: readonly string[]) => inventory.mayInherit(index, wanted)
  const describe = { summary: `List ${collection.kind}`, query: listQuery, answer: listOf(kind.schema) }
  api.get<KeyRoute>(kind.path, described(kind.listRoute, describe), async (request, reply) => {
    const query = await parseListQuery(request.query, indexOf)
    // What a plugin shows of itself is not stored.
    const { objects, count } = await (collection.kind === 'plugins'
      ? select(
          query,
          collection.list().map((object) => kind.shown(object)),
          paramOf,
        )
      : selectIndexed(query, collection.index, { paramOf, mayInherit }))
    reply.header('x-drp-list-total-count', String(collection.index.byName.size))
    reply.header('x-drp-list-count', String(count))
    reply.header('x-drp-list-filter-count', String(count))
    reply.type('application/json')
    if (request.method === 'HEAD') return await reply.send('')
    const textOf = kind.listing(objects, query.view)
    // A param that cannot be opened is an answer of its own.
    if (query.view.decode) await everyOne(objects, textOf)
    return await sendChunks(reply, listChunks(objects, textOf))
  })
}

async function everyOne<T>(objects: readonly T[], work: (object: T) => unknown): Promise<void> {
  const pace = new Pace()
  for (const object of objects) {
    work(object)
    await pace.step()
  }
}
