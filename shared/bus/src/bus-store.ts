import type { Store } from '@powerbus/store'

/** What a driver needs of a store to keep events in. */
export type BusStore = Pick<Store, 'set' | 'delete' | 'scan' | 'close'>
