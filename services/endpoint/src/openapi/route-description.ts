import type { JsonObject } from '@powerbus/drp'

/** What a body holds: a JSON schema, or bytes of any type, or nothing. */
export type BodyShape = JsonObject | 'bytes' | 'text' | 'nothing'

/** A route in the words of the API's description (`/swagger.json`). Every route has one. */
export interface RouteDescription {
  /** One line: what the request does. */
  readonly summary: string
  /** What each parameter of the query does. */
  readonly query?: Readonly<Record<string, string>>
  readonly body?: BodyShape
  /** Of the answer that is no refusal; JSON of any kind by default. */
  readonly answer?: BodyShape
  /** Status of that answer, 200 by default. */
  readonly status?: number
}

/** Why a route is not in the description. */
export interface HiddenRoute {
  readonly hidden: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    describe?: RouteDescription | HiddenRoute
  }
}

/** Options of a route with its description. */
export function described<Options extends { readonly config?: object }>(options: Options, describe: RouteDescription) {
  return { ...options, config: { ...options.config, describe } }
}

/** The schema of one object of a kind, by its title in `components`. */
export function refTo(title: string): JsonObject {
  return { $ref: `#/components/schemas/${title}` }
}

export function listOf(items: JsonObject): JsonObject {
  return { type: 'array', items }
}

/** A JSON object of any fields. */
export const anyObject: JsonObject = { type: 'object' }
/** Any JSON. */
export const anyValue: JsonObject = {}

/** The parameters of a view of objects. */
export const viewQuery = {
  params: 'Names of the only params to show, with commas',
  aggregate: 'true: with the params of profiles and the defaults',
  decode: 'true: secure params opened; for admins',
  slim: 'Fields to leave empty, with commas, such as Meta,Params',
}

/** The parameters of a list; any index and any param is one too. */
export const listQuery = {
  ...viewQuery,
  sort: 'Index to sort by; repeatable',
  reverse: 'true: from the end',
  offset: 'How many to leave out',
  limit: 'Most objects to list',
}
