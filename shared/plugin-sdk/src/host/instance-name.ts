import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/** Tells this process from every other one, before and after it: a given name, or the host's, with a random part. */
export function instanceName(host: NodeJS.Process, given?: string): string {
  return `${given ?? `${hostname()}-${host.pid}`}-${randomBytes(4).toString('hex')}`
}
