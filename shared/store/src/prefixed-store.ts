import type { Json } from './json.ts'
import type { Lock, LockRequest } from './lock/lock.ts'
import type { Entry, Store, WriteOptions } from './store.ts'

/**
 * A view of the keys that begin with `prefix`, without the prefix; other keys are out of reach. A fence is valid in the
 * view and in the store. `close` does nothing: the owner of the store closes it. `prefix` must have no braces, and
 * shortens the longest key by its bytes.
 */
export function prefixedStore(store: Store, prefix: string): Store {
  const below = (key: string) => prefix + key
  return {
    get: (key) => store.get(below(key)),
    set: (key: string, value: Json, options?: WriteOptions) => store.set(below(key), value, options),
    delete: (key, options) => store.delete(below(key), options),
    compareAndSet: (key, expected, value, options) => store.compareAndSet(below(key), expected, value, options),
    scan: (start) => withoutPrefix(store.scan(below(start)), prefix.length),
    lock: ({ key, slot, ...request }: LockRequest): Promise<Lock> =>
      store.lock({ ...request, key: below(key), ...(slot && { slot: { ...slot, key: below(slot.key) } }) }),
    takeSlot: (key, gapMs, options) => store.takeSlot(below(key), gapMs, options),
    close: async () => undefined,
  }
}

async function* withoutPrefix(entries: AsyncIterable<Entry>, length: number): AsyncIterable<Entry> {
  for await (const { key, value } of entries) yield { key: key.slice(length), value }
}
