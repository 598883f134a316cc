import { join } from 'node:path'
import { readFileIfThere } from '@powerbus/store'
import { CliError, UsageError } from '../cli-error.ts'
import { configFolder, defaultStateFolder } from '../folders.ts'

/** Address of an endpoint, and a token for it. */
export interface Connection {
  readonly url: string
  readonly token: string
  /** The only certificate to trust, as PEM. */
  readonly certificate?: string
  /** SHA-256 of that certificate. Without both, no certificate is checked, as in drpcli. */
  readonly fingerprint?: string
}

/** File in which `powerbus login` saves the connection. */
export function contextFile(env: NodeJS.ProcessEnv = process.env): string {
  return join(configFolder(env), 'context.json')
}

/** File in which a running endpoint writes a connection for its own user. */
export function endpointFile(stateFolder: string): string {
  return join(stateFolder, 'endpoint.json')
}

/**
 * Finds the endpoint: RS_ENDPOINT and RS_TOKEN as in drpcli, else the saved login, else the endpoint that runs on this
 * machine. Throws a CliError that says how to start one where there is none.
 */
export async function findConnection(env: NodeJS.ProcessEnv = process.env): Promise<Connection> {
  const { RS_ENDPOINT: url, RS_TOKEN: token } = env
  if (token) return { url: url || 'https://127.0.0.1:8092', token }
  if (url) throw new UsageError('RS_ENDPOINT is set, but not RS_TOKEN: set both, or neither')
  for (const path of [contextFile(env), endpointFile(defaultStateFolder(env))]) {
    const saved = await savedConnection(path)
    if (saved !== undefined) return saved
  }
  throw new CliError(
    `no endpoint is running here. Start one with 'npm start' or 'powerbus up', or log in with 'powerbus login URL'`,
  )
}

/** The connection in a file; undefined where there is none. Throws a CliError where the file holds something else. */
export async function savedConnection(path: string): Promise<Connection | undefined> {
  const saved = await readJson(path).catch((cause: unknown) => {
    throw new CliError(`cannot read ${path}: remove it, then log in or start the endpoint again`, { cause })
  })
  if (saved === undefined || isConnection(saved)) return saved
  throw new CliError(
    `${path} does not hold an endpoint's address and token: remove it, then log in or start the endpoint again`,
  )
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFileIfThere(path)
  return text && JSON.parse(String(text))
}

function isConnection(value: unknown): value is Connection {
  if (typeof value !== 'object' || value === null) return false
  const { url, token, certificate = '', fingerprint = '' } = value as Record<string, unknown>
  return [url, token, certificate, fingerprint].every((field) => typeof field === 'string')
}
