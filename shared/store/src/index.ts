export { EmbeddedStore, type EmbeddedStoreOptions } from './embedded/embedded-store.ts'
export { type Entry, type Json, KEY_BYTES_MAX, type Store, VALUE_BYTES_MAX } from './store.ts'
export { StoreError, type StoreErrorCode } from './store-error.ts'
