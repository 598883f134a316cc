import type { JsonObject } from '../resources/resource.ts'

/** One request of the client, before authorization. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: JsonObject
  readonly ifMatch?: string
  /** It is what the caller asked for, and not a login or another read that it needs. */
  readonly own: boolean
  /** Whether it is worth waiting for while the BMC is busy. Default true. */
  readonly isPatient?: boolean
}
