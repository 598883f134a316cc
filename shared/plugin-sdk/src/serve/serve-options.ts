import { isIP } from 'node:net'
import { Secret } from '../secret.ts'
import { readPrivateFile } from './private-file.ts'
import type { ServeFlags } from './serve-flags.ts'

const DEFAULT_HTTP = '127.0.0.1:8193'

export interface HttpOptions {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** What requests must bear. */
  readonly token?: Secret
  /** Paths of PEM files; with a CA, requests of those whose certificate it signed are taken. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile?: string }
}

export interface ServeOptions {
  /** Absent for `--http off`. */
  readonly http?: HttpOptions
  readonly configFile?: string
  readonly state?: string
  readonly instance?: string
  /** Of the DRP API that RS_ENDPOINT names; empty where none was given. */
  readonly apiToken: Secret
}

/** Throws an Error that says which flag or variable is wrong. `warn` is told of files that others may read. */
export async function serveOptions(
  flags: ServeFlags,
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): Promise<ServeOptions> {
  const http = await httpOptions(flags, env, warn)
  const state = flags.state ?? env.POWERBUS_STATE
  const instance = flags.instance ?? env.POWERBUS_INSTANCE
  if (!http && !env.NATS_URL) throw new Error('nobody could reach the plugin: set NATS_URL, or leave out --http off')
  return {
    apiToken: await apiTokenOf(env, warn),
    ...(http && { http }),
    ...(flags.config && { configFile: flags.config }),
    ...(state && { state }),
    ...(instance && { instance }),
  }
}

async function httpOptions(
  flags: ServeFlags,
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): Promise<HttpOptions | undefined> {
  const address = flags.http ?? DEFAULT_HTTP
  if (address === 'off') return undefined
  const { host, port } = parseAddress(address)
  const token = await tokenOf(flags, env, warn)
  const tls = tlsOf(flags)
  if (!isLoopback(host) && !token && !tls?.clientCaFile) {
    throw new Error(`--http ${address} can be reached from elsewhere: it needs --token-file or --client-ca`)
  }
  if (!isLoopback(host) && !tls)
    warn(`--http ${address} sends token and params in the clear: give --tls-cert and --tls-key`)
  return { host, port, ...(token && { token }), ...(tls && { tls }) }
}

function parseAddress(text: string): { host: string; port: number } {
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (!host || digits === '' || port > 65535) throw new Error(`--http is HOST:PORT or off, not ${JSON.stringify(text)}`)
  return { host, port }
}

/** A name other than localhost may mean any address. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

async function apiTokenOf(env: NodeJS.ProcessEnv, warn: (message: string) => void): Promise<Secret> {
  const { RS_TOKEN_FILE: file, RS_TOKEN: text = '' } = env
  return new Secret(file ? (await readPrivateFile(file, warn)).trim() : text)
}

async function tokenOf(
  flags: ServeFlags,
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): Promise<Secret | undefined> {
  const file = flags['token-file'] ?? env.POWERBUS_TOKEN_FILE
  const text = (file ? await readPrivateFile(file, warn) : (env.POWERBUS_TOKEN ?? '')).trim()
  if (file && text === '') throw new Error(`${file} is empty: it must hold the token that requests bear`)
  return text === '' ? undefined : new Secret(text)
}

function tlsOf(flags: ServeFlags): HttpOptions['tls'] {
  const { 'tls-cert': certFile, 'tls-key': keyFile, 'client-ca': clientCaFile } = flags
  if (!certFile && !keyFile && !clientCaFile) return undefined
  if (!certFile || !keyFile) throw new Error('--tls-cert and --tls-key go together, and --client-ca needs both')
  return { certFile, keyFile, ...(clientCaFile && { clientCaFile }) }
}
