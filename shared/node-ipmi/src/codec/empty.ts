import { bits } from './bits.ts'

/** No data at all. */
export const empty = bits({})
