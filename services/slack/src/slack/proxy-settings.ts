import { PowerbusError, type Secret } from '@powerbus/plugin-sdk'

/** Options of undici's EnvHttpProxyAgent. An empty text means none, so that undici reads no environment of its own. */
export interface ProxySettings {
  readonly httpProxy: string
  readonly httpsProxy: string
  /** Hosts that are reached directly, separated by commas; `*`: all. */
  readonly noProxy: string
}

/** Requests to this host go to no proxy of the environment. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/**
 * The way to Slack: slack/proxy for every address, else HTTPS_PROXY (or HTTP_PROXY) and NO_PROXY, in upper or lower case.
 * Throws PARAM_INVALID, without the value, for an address that is no proxy's.
 */
export function proxySettings(
  param: Secret | undefined,
  environment: Readonly<NodeJS.ProcessEnv> = process.env,
): ProxySettings {
  const own = param?.reveal().trim() ?? ''
  if (own !== '') {
    const address = readAddress(own, 'slack/proxy')
    return { httpProxy: address, httpsProxy: address, noProxy: '' }
  }
  const from = (name: string) => environment[name.toLowerCase()] ?? environment[name] ?? ''
  const addressFrom = (name: string) => {
    const address = from(name).trim()
    return address === '' ? '' : readAddress(address, name)
  }
  const direct = from('NO_PROXY')
    .split(/[,\s]+/)
    .filter((host) => host !== '')
  return {
    httpProxy: addressFrom('HTTP_PROXY'),
    httpsProxy: addressFrom('HTTPS_PROXY'),
    noProxy: direct.includes('*') ? '*' : [...direct, ...LOOPBACK].join(','),
  }
}

export function hasProxy({ httpProxy, httpsProxy }: ProxySettings): boolean {
  return httpProxy !== '' || httpsProxy !== ''
}

/** `http://` may be left out, as curl allows. User and password are percent-encoded, as undici expects them. */
function readAddress(text: string, name: string): string {
  const address = text.includes('://') ? text : `http://${text}`
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isProxy = url && /^https?:$/.test(url.protocol) && `${url.pathname}${url.search}${url.hash}` === '/'
  if (!isProxy) {
    const example = 'http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, special characters as %XX (@ is %40, / is %2F)'
    throw new PowerbusError('PARAM_INVALID', `${name} is not the address of an HTTP proxy: give ${example}`)
  }
  url.username = encodeURIComponent(decoded(url.username))
  url.password = encodeURIComponent(decoded(url.password))
  return url.href
}

/** A text with a bare % is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}
