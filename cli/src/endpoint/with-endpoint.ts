import { X509Certificate } from 'node:crypto'
import { DrpApiError, DrpClient } from '@powerbus/drp'
import { CliError, NoEndpointError } from '../cli-error.ts'
import { type Connection, findConnection } from './connection.ts'

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

/** The endpoint's own words, without the request they belong to; other errors stay as they are. */
export function explain(error: unknown, url: string): unknown {
  if (!(error instanceof DrpApiError)) return error
  const options = { cause: error }
  if (error.kind === 'unreachable') {
    return new NoEndpointError(`no endpoint answers at ${url}: start one with 'npm start' or 'powerbus up'`, options)
  }
  if (error.kind === 'untrusted') {
    return new CliError(`${url} has another certificate than the endpoint had: log in again if that is right`, options)
  }
  if (error.kind === 'unauthorized' && error.status === 401) {
    return new CliError(`${url} does not take the token any more: 'powerbus login ${url}'`, options)
  }
  return new CliError(messageOf(error), options)
}

/** What a DrpApiError says, in the endpoint's words where there are any. */
export function messageOf(error: DrpApiError): string {
  return error.drpError?.Messages.join('; ') || error.message
}
