import { delimiter, dirname } from 'node:path'

/** What the endpoint tells every plugin of itself (plugin contract §1). */
export interface EndpointAddresses {
  /** `RS_ENDPOINT`: URL of the API. */
  readonly endpoint: string
  /** `RS_FILESERVER`: URL of the static files. */
  readonly fileServer: string
  /** `RS_WEBROOT`: their folder. */
  readonly webRoot: string
}

/** The proxies on the way out, in the upper and lower case in which programs read them. */
const PROXY = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()])
/** NODE_EXTRA_CA_CERTS: certificates of a private authority, for plugins that speak to a private cloud or by a proxy. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_EXTRA_CA_CERTS', ...PROXY]

/** The whole environment of a plugin: nothing else of ours is passed on. */
export function childEnvironment(
  addresses: EndpointAddresses,
  token: string,
  own: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const name of INHERITED) {
    const value = own[name]
    if (value !== undefined) environment[name] = value
  }
  // A plugin of ours begins with `#!/usr/bin/env node`; this process may have been started by node's full path.
  environment.PATH = [own.PATH, dirname(process.execPath)].filter(Boolean).join(delimiter)
  return {
    ...environment,
    RS_ENDPOINT: addresses.endpoint,
    RS_TOKEN: token,
    RS_FILESERVER: addresses.fileServer,
    RS_WEBROOT: addresses.webRoot,
  }
}
