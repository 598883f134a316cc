import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import type { EndpointAddresses } from '@powerbus/plugin-sdk/launch'
import { FILES_BASE } from './server/file-routes.ts'

/** URL of the API. */
export function urlOf(address: string, port: number): string {
  return `https://${isIPv6(address) ? `[${address}]` : address}:${port}`
}

/** The addresses that plugins of the endpoint at `url` get. */
export function addressesOf(url: string, stateDir: string): EndpointAddresses {
  return { endpoint: url, fileServer: `${url}${FILES_BASE}`, webRoot: join(stateDir, 'files') }
}
