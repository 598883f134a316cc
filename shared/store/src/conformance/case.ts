import type { Json } from '../json.ts'
import type { Store } from '../store.ts'

/** One promise of `Store`, to be run on an empty store of its own. */
export interface ConformanceCase {
  readonly name: string
  run(store: Store): Promise<void>
}

export async function entries(store: Store, prefix: string): Promise<Record<string, Json>> {
  const found: Record<string, Json> = {}
  for await (const { key, value } of store.scan(prefix)) found[key] = value
  return found
}

/** The short waits of the cases; what must have happened is looked at again and again for much longer. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 20_000
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
