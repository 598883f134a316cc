export { type Clock, systemClock, type Timer } from './clock.ts'
export { EmbeddedStore, type EmbeddedStoreOptions } from './embedded/embedded-store.ts'
export { type FolderLock, lockFolder } from './embedded/folder-lock.ts'
export type { Json } from './json.ts'
export type { Fence, Lock, LockHolder, LockRequest } from './lock/lock.ts'
export { MemoryStore, type MemoryStoreOptions } from './memory/memory-store.ts'
export { type OpenStoreOptions, openStore } from './open-store.ts'
export { prefixedStore } from './prefixed-store.ts'
export { readFileIfThere, readOrMakePrivateFile, writePrivateFile } from './private-file.ts'
export type { RedisStore, RedisStoreOptions } from './redis/redis-store.ts'
export {
  type Entry,
  type FenceOptions,
  KEY_BYTES_MAX,
  type Store,
  VALUE_BYTES_MAX,
  type WriteOptions,
} from './store.ts'
export { LockHeldError, StoreError, type StoreErrorCode } from './store-error.ts'
