import type { Json } from './json.ts'
import type { Lock, LockRequest } from './lock/lock.ts'
import type { Entry, FenceOptions, Store, WriteOptions } from './store.ts'

/**
 * The keys of a store that begin with `prefix`, as a store of its own: no key of it begins with the prefix, and no other key can be
 * reached. The fence of a lock is good for both. Closing it does nothing: the store below is its owner's. A prefix takes its
 * bytes off the longest key, and must hold no braces.
 */
export function prefixedStore(store: Store, prefix: string): Store {
  const below = (key: string) => prefix + key
  return {
    get: (key) => store.get(below(key)),
    set: (key: string, value: Json, options?: WriteOptions) => store.set(below(key), value, options),
    delete: (key: string, options?: FenceOptions) => store.delete(below(key), options),
    compareAndSet: (key, expected, value, options) => store.compareAndSet(below(key), expected, value, options),
    scan: (start) => withoutPrefix(store.scan(below(start)), prefix.length),
    lock: (request: LockRequest): Promise<Lock> => store.lock({ ...request, key: below(request.key) }),
    takeSlot: (key, gapMs, options) => store.takeSlot(below(key), gapMs, options),
    close: async () => undefined,
  }
}

async function* withoutPrefix(entries: AsyncIterable<Entry>, length: number): AsyncIterable<Entry> {
  for await (const { key, value } of entries) yield { key: key.slice(length), value }
}
