import swagger from '@fastify/swagger'
import { isJsonObject, type JsonObject, models, schemaOf } from '@powerbus/drp'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { apiSchemas } from './api-schemas.ts'
import { anyValue, type BodyShape, type RouteDescription, refTo } from './route-description.ts'

const ABOUT = `The API of Digital Rebar, as far as Powerbus has it, and what Powerbus adds: tokens, login codes, recent
events. A list takes filters (INDEX=Op(VALUE), PARAM=VALUE), sort, reverse, offset, limit, slim, params, aggregate and
decode. Get a token with a login code or a password: GET /api/v3/users/NAME/token.`

/**
 * Has every route that is added afterwards described in `server.swagger()`, an OpenAPI document (3.1). Bodies and answers
 * have the schemas of the models, from the tables that the decoders of requests are made of.
 */
export function describeRoutes(server: FastifyInstance, version: string): void {
  server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Powerbus', description: ABOUT.replaceAll('\n', ' '), version },
      security: [{ token: [] }, { password: [] }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          password: { type: 'http', scheme: 'basic' },
        },
        schemas: schemas(),
      },
    },
    transform: ({ url, route }) => {
      const { describe, isPublic } = route.config ?? {}
      if (describe === undefined || 'hidden' in describe) return { url, schema: { hide: true } }
      return { url, schema: schemaOfRoute(url, describe, isPublic === true) }
    },
  })
}

function schemas(): Record<string, object> {
  const ofModels = Object.values(models).map((model) => [model.title, schemaOf(model)])
  return { ...Object.fromEntries(ofModels), ...apiSchemas } as Record<string, object>
}

function schemaOfRoute(url: string, description: RouteDescription, isPublic: boolean): FastifySchema {
  const { summary, query = {}, body, answer = anyValue, status = 200 } = description
  const places = [...url.matchAll(/:(\w+)|(\*)/g)].map(([, name, rest]) => name ?? rest ?? '')
  return {
    summary,
    tags: [tagOf(url)],
    ...(isPublic && { security: [] }),
    ...(places.length > 0 && { params: texts(Object.fromEntries(places.map((name) => [name, placeText(name)]))) }),
    ...(Object.keys(query).length > 0 && { querystring: texts(query) }),
    ...(body !== undefined && body !== 'nothing' && bodyOf(body)),
    response: {
      [status]: answerOf(answer),
      default: { description: 'A refusal: Messages say what to do', content: jsonContent(refTo('Error')) },
    },
  } as FastifySchema
}

function bodyOf(body: BodyShape): object {
  if (isJsonObject(body)) return { body, consumes: ['application/json'] }
  return {
    body: { type: 'string', contentMediaType: 'application/octet-stream' },
    consumes: ['application/octet-stream'],
  }
}

function answerOf(answer: BodyShape): object {
  const description = 'Done'
  if (isJsonObject(answer)) return { description, content: jsonContent(answer) }
  if (answer === 'nothing') return { description, type: 'null' }
  const type = answer === 'text' ? 'text/plain' : 'application/octet-stream'
  return { description, content: { [type]: { schema: { type: 'string' } } } }
}

function jsonContent(schema: JsonObject): object {
  return { 'application/json': { schema } }
}

/** Parameters, all of which are texts. */
function texts(descriptions: Readonly<Record<string, string>>): object {
  const properties = Object.entries(descriptions).map(([name, description]) => [name, { type: 'string', description }])
  return { type: 'object', properties: Object.fromEntries(properties) }
}

function placeText(name: string): string {
  if (name === 'key') return 'Key of the object, or INDEX:VALUE of a unique index, such as Name:node-01'
  return name === '*' ? 'Name or path; its slashes stay as they are' : `The ${name}`
}

/** The first part of a path below the base of the API. */
function tagOf(url: string): string {
  return url.replace(/^\/api\/v3/, '').split('/')[1] ?? ''
}
