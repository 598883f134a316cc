import type { JsonObject } from './json-value.ts'
import { ROOT } from './paths.ts'
import type { Resource } from './resource.ts'
import type { ServiceState } from './service-state.ts'

/** The properties of a resource with its path and type, but without its ETag. */
export async function resourceBody(path: string, resource: Resource): Promise<JsonObject | undefined> {
  const properties = await resource.read?.()
  if (properties === undefined || resource.type === undefined) return properties
  const id = path === ROOT ? `${ROOT}/` : path
  return { '@odata.id': id, '@odata.type': `#${resource.type}`, ...properties }
}

/** The body with its ETag, where it is a resource. */
export function typedBody({ quirks }: ServiceState, body: JsonObject, tag: string): JsonObject {
  const { '@odata.id': id, '@odata.type': type, ...rest } = body
  if (id === undefined || type === undefined || quirks.etags === 'none') return body
  return { '@odata.id': id, '@odata.type': type, '@odata.etag': tag, ...rest }
}
