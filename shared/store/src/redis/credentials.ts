import { readFile } from 'node:fs/promises'
import { StoreError } from '../store-error.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface RedisCredentials {
  readonly username?: string
  readonly password?: string
  readonly sentinelPassword?: string
  /** PEM texts. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string }
}

/**
 * Reads REDIS_USERNAME, REDIS_PASSWORD or REDIS_PASSWORD_FILE, REDIS_SENTINEL_PASSWORD or REDIS_SENTINEL_PASSWORD_FILE,
 * REDIS_CA_FILE, REDIS_CERT_FILE and REDIS_KEY_FILE. Throws STORE_UNAVAILABLE if a file cannot be read.
 */
export async function readCredentials(env: Environment): Promise<RedisCredentials> {
  const password = env.REDIS_PASSWORD ?? (await fileOf(env, 'REDIS_PASSWORD_FILE'))?.trimEnd()
  const sentinel = env.REDIS_SENTINEL_PASSWORD ?? (await fileOf(env, 'REDIS_SENTINEL_PASSWORD_FILE'))?.trimEnd()
  const ca = await fileOf(env, 'REDIS_CA_FILE')
  const cert = await fileOf(env, 'REDIS_CERT_FILE')
  const key = await fileOf(env, 'REDIS_KEY_FILE')
  return {
    ...(env.REDIS_USERNAME && { username: env.REDIS_USERNAME }),
    ...(password && { password }),
    ...(sentinel && { sentinelPassword: sentinel }),
    tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  }
}

async function fileOf(env: Environment, name: string): Promise<string | undefined> {
  const path = env[name]
  if (path === undefined || path === '') return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new StoreError('STORE_UNAVAILABLE', `cannot read the file ${path} that ${name} names`, { cause })
  }
}
