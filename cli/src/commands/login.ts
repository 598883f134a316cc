import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { hostname } from 'node:os'
import { connect } from 'node:tls'
import { DrpApiError, DrpClient } from '@powerbus/drp'
import { writePrivateFile } from '@powerbus/store'
import type { Command } from 'commander'
import { CliError, UsageError } from '../cli-error.ts'
import { confirm } from '../confirm.ts'
import { explain } from '../endpoint/api-failure.ts'
import { type Connection, contextFile } from '../endpoint/connection.ts'
import { LOGIN_USER } from '../endpoint/with-endpoint.ts'
import type { Output } from '../output.ts'
import { readSecret } from '../password.ts'

const CONNECT_MS = 10_000

interface LoginOptions {
  readonly fingerprint?: string
}

export function loginCommand(command: Command, output: Output): void {
  command
    .argument('<url>', 'URL that the endpoint printed, such as https://127.0.0.1:8092')
    .option('--fingerprint <sha256>', "fingerprint of a remote endpoint's certificate, instead of a question")
    .action((url: string, options: LoginOptions) => runLogin(url, options, output))
}

/**
 * Exchanges the endpoint's one-time code for a token of 30 days, or of the session of who made the code, and saves it
 * with the certificate's fingerprint. Sends the code
 * only to an endpoint on this machine, or one whose fingerprint was given or confirmed.
 */
async function runLogin(text: string, options: LoginOptions, output: Output): Promise<void> {
  const url = parseUrl(text)
  const fingerprint = await fingerprintOf(url)
  if (options.fingerprint !== undefined && plain(options.fingerprint) !== plain(fingerprint)) {
    throw new CliError(`${url.origin} has another certificate: ${fingerprint}. Check that this is your endpoint`)
  }
  if (options.fingerprint === undefined && !isLoopback(url.hostname)) {
    await confirm(`${url.origin} has the certificate ${fingerprint}. Is that the endpoint's?`)
  }
  const password = await readSecret({
    file: process.stdin.isTTY ? undefined : '-',
    prompt: 'one-time code',
    ways: 'type it, or write it to standard input',
  })
  const drp = new DrpClient({ endpoint: url.origin, basic: { username: LOGIN_USER, password }, trust: { fingerprint } })
  try {
    const { Token } = await drp.tokens.make({ Name: `login from ${hostname()}`.slice(0, 100) })
    const context: Connection = { url: url.origin, token: Token, fingerprint }
    await writePrivateFile(contextFile(), `${JSON.stringify(context)}\n`)
  } catch (error) {
    throw explainLogin(error, url.origin)
  } finally {
    await drp.close()
  }
  output.line(`logged in to ${url.origin}`)
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:')
    throw new UsageError(`'${text}' is not an endpoint's address such as https://127.0.0.1:8092`)
  if (url.username || url.password) throw new UsageError('leave the code out of the URL: a prompt asks for it')
  return url
}

async function fingerprintOf(url: URL): Promise<string> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const socket = connect({ host, port: Number(url.port || 443), rejectUnauthorized: false })
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(CONNECT_MS) })
    return socket.getPeerCertificate().fingerprint256
  } catch (cause) {
    throw new CliError(`no endpoint answers at ${url.origin}`, { cause })
  } finally {
    socket.destroy()
  }
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || /^127\./.test(host) || (isIPv6(host) && host === '::1')
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}

function explainLogin(error: unknown, url: string): unknown {
  if (!(error instanceof DrpApiError) || error.status !== 401) return explain(error, url)
  return new CliError(
    "the endpoint refused the code, which is valid once, for 15 minutes: get a new one with 'powerbus login-code'",
    { cause: error },
  )
}
