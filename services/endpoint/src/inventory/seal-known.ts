import type { Collections } from './consistency.ts'
import type { Layers } from './layers.ts'
import type { ParamDefinitions } from './param-definitions.ts'
import { nameOf, paramsOf } from './stored-object.ts'

/** Seals values that were set before a definition made their param secure. Returns a notice for each failure. */
export async function sealKnown(kinds: Collections, layers: Layers, definitions: ParamDefinitions): Promise<string[]> {
  const notices: string[] = []
  for (const [kind, collection] of kinds) {
    for (const object of collection.list()) {
      const params = paramsOf(object)
      if (!Object.entries(params).some(([name, value]) => definitions.isBare(name, value))) continue
      const key = collection.keyOf(object)
      try {
        if (object.ReadOnly) layers.setParams(kind, key, definitions.acceptAll(params, params))
        else await collection.update(key, (present) => present)
      } catch (error) {
        notices.push(`${kind} ${nameOf(object)} holds a secret that is not sealed: ${String(error)}`)
      }
    }
  }
  return notices
}
