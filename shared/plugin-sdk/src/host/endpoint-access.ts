import { DrpClient, isJsonObject } from '@powerbus/drp'
import type { Endpoint } from '../endpoint.ts'
import { PowerbusError } from '../errors.ts'
import type { EndpointLink } from '../listen/endpoint-link.ts'
import { Secret } from '../secret.ts'
import { apiTrust } from './api-trust.ts'

const DEFAULT_API = 'https://127.0.0.1:8092'

/** The endpoint as its environment variables (plugin contract §1) and its socket FROM describe it. */
export function endpointAccess(plugin: string, env: NodeJS.ProcessEnv, link: EndpointLink): Endpoint {
  return {
    ...apiAccess(env),
    publish: async (event) => {
      const filled = { Time: new Date().toISOString(), Principal: plugin, Object: null, Original: null }
      await link.post('publish', { ...filled, ...event })
    },
    objects: async (prefix) => {
      const objects = await link.get(`objects/${encodeURIComponent(prefix)}`)
      if (!Array.isArray(objects))
        throw new PowerbusError('BUS_CLOSED', `The endpoint's objects ${prefix} are no array`)
      return objects.filter(isJsonObject)
    },
  }
}

/** What the environment alone says of an endpoint. */
export function apiAccess(env: NodeJS.ProcessEnv): Omit<Endpoint, 'publish' | 'objects'> {
  const apiUrl = env.RS_ENDPOINT || DEFAULT_API
  const token = new Secret(env.RS_TOKEN ?? '')
  let client: DrpClient | undefined
  return {
    apiUrl,
    token,
    fileServerUrl: env.RS_FILESERVER ?? '',
    webRoot: env.RS_WEBROOT ?? '',
    api: () => {
      if (client) return client
      const trust = apiTrust(env)
      client = new DrpClient({ endpoint: apiUrl, token: token.reveal(), ...(trust && { trust }) })
      return client
    },
  }
}
