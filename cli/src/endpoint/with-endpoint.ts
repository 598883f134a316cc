import { X509Certificate } from 'node:crypto'
import { DrpClient } from '@powerbus/drp'
import { explain } from './api-failure.ts'
import { type Connection, findConnection } from './connection.ts'

/** The one user whom an endpoint knows. */
export const LOGIN_USER = 'powerbus'

/**
 * Gives a task a client of the endpoint (the one that `findConnection` finds, unless told otherwise), and closes it. What
 * the API refuses becomes a CliError that says what to do next.
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

/** Fingerprint of the one certificate to trust; undefined where any is taken. */
export function pinOf({ certificate, fingerprint }: Connection): string | undefined {
  return fingerprint ?? (certificate === undefined ? undefined : new X509Certificate(certificate).fingerprint256)
}
