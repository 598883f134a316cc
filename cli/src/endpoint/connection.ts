import { join } from 'node:path'
import { readFileIfThere } from '@powerbus/store'
import { CliError, UsageError } from '../cli-error.ts'
import { configFolder, defaultStateFolder } from '../folders.ts'

/** An endpoint, and what it takes to be let in. */
export interface Connection {
  readonly url: string
  readonly token: string
  /** PEM of the one certificate to trust. */
  readonly certificate?: string
  /** SHA-256 of that certificate. With neither of them the certificate is not checked, as with drpcli. */
  readonly fingerprint?: string
}

/** What `powerbus login` saved. */
export function contextFile(env: NodeJS.ProcessEnv = process.env): string {
  return join(configFolder(env), 'context.json')
}

/** Where a running endpoint says how its own user can reach it. */
export function endpointFile(stateFolder: string): string {
  return join(stateFolder, 'endpoint.json')
}

/**
 * The endpoint to speak to: RS_ENDPOINT and RS_TOKEN as drpcli takes them, else the one that was logged in to, else the
 * one that runs here. Throws a CliError that says how to start one where there is none.
 */
export async function findConnection(env: NodeJS.ProcessEnv = process.env): Promise<Connection> {
  const { RS_ENDPOINT: url, RS_TOKEN: token } = env
  if (token) return { url: url || 'https://127.0.0.1:8092', token }
  if (url) throw new UsageError('RS_ENDPOINT is set, but not RS_TOKEN: set both, or neither')
  for (const path of [contextFile(env), endpointFile(defaultStateFolder(env))]) {
    const saved = await readJson(path).catch((cause: unknown) => {
      throw new CliError(`cannot read ${path}: remove it, then log in or start the endpoint again`, { cause })
    })
    if (saved === undefined) continue
    if (isConnection(saved)) return saved
    throw new CliError(`${path} does not say where an endpoint is: remove it, then log in or start the endpoint again`)
  }
  throw new CliError(
    `no endpoint is running here. Start one with 'npm start' or 'powerbus up', or 'powerbus login URL'`,
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
