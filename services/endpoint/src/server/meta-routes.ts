import type { FastifyInstance, FastifyRequest } from 'fastify'
import { anyValue, described } from '../openapi/route-description.ts'
import { checkRole } from './access.ts'
import { callerOf } from './admission.ts'
import { applyJsonPatch } from './json-patch.ts'
import { ObjectKind, type ObjectParts } from './object-kind.ts'

interface MetaRoute {
  /** `*` is the object's key, with its slashes. */
  Params: { prefix: string; '*': string }
}

/** `GET meta/PREFIX/KEY` and `PATCH` of the same: the object's Meta alone, as `drpcli PREFIX meta` asks. */
export function metaRoutes(api: FastifyInstance, parts: ObjectParts): void {
  const kindOf = (request: FastifyRequest<MetaRoute>) => {
    const kind = new ObjectKind(parts, parts.inventory.collection(request.params.prefix))
    checkRole(callerOf(request), request, kind.oneObject.config.access)
    return kind
  }
  const map = { type: 'object', additionalProperties: { type: 'string' } }
  const showing = described({}, { summary: "Show an object's Meta", answer: map })
  api.get<MetaRoute>('/meta/:prefix/*', showing, async (request) => {
    return kindOf(request).collection.get(request.params['*']).Meta
  })
  const patching = described({}, { summary: "Patch an object's Meta (RFC 6902)", body: anyValue, answer: map })
  api.patch<MetaRoute>('/meta/:prefix/*', patching, async (request) => {
    const patch = (was: object) => ({ ...was, Meta: applyJsonPatch(Object(was).Meta, request.body) })
    const object = await kindOf(request).update(request.params['*'], patch, request.principal)
    return object.Meta
  })
}
