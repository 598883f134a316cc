import { X509Certificate } from 'node:crypto'
import { DrpClient } from '@powerbus/drp'
import { explain } from './api-failure.ts'
import { type Connection, findConnection } from './connection.ts'

/** The only user of an endpoint. */
export const LOGIN_USER = 'powerbus'

/**
 * Runs a task with a client of the endpoint, by default the one that `findConnection` finds, and closes the client.
 * Errors of the API become CliErrors that say what to do next.
 */
export async function withEndpoint<R>(task: (drp: DrpClient) => Promise<R>, connection?: Connection): Promise<R> {
  const found = connection ?? (await findConnection())
  const { url, token } = found
  const pinned = pinOf(found)
  const drp = new DrpClient({ endpoint: url, token, ...(pinned !== undefined && { trust: { fingerprint: pinned } }) })
  try {
    return await task(drp)
  } catch (error) {
    throw explain(error, url)
  } finally {
    await drp.close()
  }
}

/** Fingerprint of the only certificate to trust; undefined where none is checked. */
export function pinOf({ certificate, fingerprint }: Connection): string | undefined {
  return fingerprint ?? (certificate === undefined ? undefined : new X509Certificate(certificate).fingerprint256)
}
