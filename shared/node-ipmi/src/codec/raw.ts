import type { Codec } from './codec.ts'

/** Codec that passes the bytes on unchanged. */
export const raw: Codec<Uint8Array> = {
  minLength: 0,
  maxLength: Number.POSITIVE_INFINITY,
  decode: (data) => new Uint8Array(data),
  encode: (data) => data,
}
