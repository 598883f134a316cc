import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import type { EndpointAddresses } from '@powerbus/plugin-sdk/launch'
import { FILES_BASE } from './server/file-routes.ts'

/** URL of the API. */
export function urlOf(address: string, port: number): string {
  return `https://${hostOf(address)}:${port}`
}

/** URL of the static files over plain HTTP. */
export function filesUrlOf(address: string, port: number): string {
  return `http://${hostOf(address)}:${port}${FILES_BASE}`
}

/** The addresses that plugins of the endpoint at `url` get; `fileServer` is the API's where there is no plain one. */
export function addressesOf(url: string, stateDir: string, fileServer = `${url}${FILES_BASE}`): EndpointAddresses {
  return { endpoint: url, fileServer, webRoot: join(stateDir, 'files') }
}

function hostOf(address: string): string {
  return isIPv6(address) ? `[${address}]` : address
}
