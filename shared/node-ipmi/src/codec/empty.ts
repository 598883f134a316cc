import { bits } from './bits.ts'

/** Codec of a request or response without data. */
export const empty = bits({})
