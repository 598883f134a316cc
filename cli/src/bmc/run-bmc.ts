import { IpmiClient, IpmiError, type Target } from 'node-ipmi'
import { parseBmcHosts } from '../bmc-host.ts'
import type { Output } from '../output.ts'
import { readSecret } from '../password.ts'
import { type Failure, sweep } from '../sweep.ts'
import { alignRow, printable } from '../table.ts'
import { resultText } from './bmc-result.ts'
import { taskOf } from './bmc-task.ts'
import { parseBmcRequest } from './bmc-verbs.ts'
import { readKgFile } from './kg-file.ts'

/** Runs of the client that are under way at once; the client itself decides how many datagrams are. */
const DEFAULT_CONCURRENCY = 8192

export interface BmcOptions {
  readonly username: string
  readonly passwordFile?: string
  readonly kgFile?: string
  readonly port: number
  readonly cipherSuite?: 3 | 17
  /** Milliseconds for each BMC as a whole. */
  readonly timeout?: number
  readonly concurrency?: number
  readonly privilege?: 'user' | 'operator' | 'administrator'
  readonly persistent?: true
  readonly efi?: true
  readonly json?: true
}

/** Speaks to many BMCs, and prints each one's result as it comes. */
export async function runBmc(
  verb: string,
  words: readonly string[],
  options: BmcOptions,
  output: Output,
): Promise<void> {
  const { request, hosts: expressions } = parseBmcRequest(verb, words, options)
  const hosts = parseBmcHosts(expressions, options.port)
  const task = taskOf(request)
  const login = await loginOf(options)
  const privilege = options.privilege ?? task.privilege
  const timeoutMs = options.timeout ?? task.timeoutMs
  const client = new IpmiClient()
  const width = Math.max(...hosts.map(({ host }) => host.length))
  try {
    await sweep({
      items: hosts,
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
      output,
      key: 'host',
      json: options.json === true,
      nameOf: ({ host }) => host,
      run: ({ address, port }, signal) =>
        client.run({ ...login, address, port, privilege }, (session) => task.run(session), { signal, timeoutMs }),
      failureOf,
      onEnd({ host }, outcome) {
        const text = 'failure' in outcome ? `error: ${outcome.failure.message}` : resultText(outcome.result)
        output.line(alignRow([host, printable(text)], [width]))
      },
    })
  } finally {
    await client.close()
  }
}

async function loginOf(options: BmcOptions): Promise<Pick<Target, 'username' | 'password' | 'kg' | 'cipherSuite'>> {
  const { username, cipherSuite, kgFile } = options
  const password = await readSecret({
    file: options.passwordFile,
    env: 'IPMI_PASSWORD',
    prompt: `password of ${username}`,
    ways: 'give it with --password-file or IPMI_PASSWORD',
  })
  const kg = kgFile === undefined ? undefined : await readKgFile(kgFile)
  return { username, password, ...(kg && { kg }), ...(cipherSuite && { cipherSuite }) }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof IpmiError)) return { message: error instanceof Error ? error.message : String(error) }
  const { kind, address, completionCode } = error
  const prefix = `${address}: `
  const message = error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message
  return { message, kind, ...(completionCode !== undefined && { completionCode }) }
}
