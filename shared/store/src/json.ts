/** A value of a store: anything that JSON can express. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
