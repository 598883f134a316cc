import type { Json } from '../json.ts'
import type { Store } from '../store.ts'

/** One promise of `Store`; it runs on an empty store of its own. */
export interface ConformanceCase {
  readonly name: string
  run(store: Store): Promise<void>
}

/** All entries of a scan. */
export async function entries(store: Store, prefix: string): Promise<Record<string, Json>> {
  const found: Record<string, Json> = {}
  for await (const { key, value } of store.scan(prefix)) found[key] = value
  return found
}

/** Waits up to 20 s until `isSo` returns true; throws Error after that. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 20_000
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`not so after 20 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
