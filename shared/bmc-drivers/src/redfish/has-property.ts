import { objectAt, type Resource } from '@powerbus/redfish'

/** Whether the resource has the property at all; null counts. */
export function hasProperty({ body }: Resource, ...path: readonly string[]): boolean {
  const parent = path.length === 1 ? body : objectAt(body, ...path.slice(0, -1))
  return parent !== undefined && Object.hasOwn(parent, path.at(-1) ?? '')
}
