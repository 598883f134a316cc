import { bmcDrivers, type Target } from '@powerbus/bmc-drivers'
import { Secret } from '@powerbus/plugin-sdk/power'
import { parseBmcHosts } from '../bmc-host.ts'
import type { Output } from '../output.ts'
import { readSecret } from '../password.ts'
import { sweep } from '../sweep.ts'
import { alignRow, printable } from '../table.ts'
import { bmcFailure } from './bmc-failure.ts'
import { resultText } from './bmc-result.ts'
import { taskOf } from './bmc-task.ts'
import { parseBmcRequest } from './bmc-verbs.ts'
import { readKgFile } from './kg-file.ts'

/** BMCs that are spoken to at once; the driver itself decides how many datagrams are. */
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
  const drivers = bmcDrivers()
  const width = Math.max(...hosts.map(({ host }) => host.length))
  try {
    await sweep({
      items: hosts,
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
      output,
      key: 'host',
      json: options.json === true,
      nameOf: ({ host }) => host,
      async run({ address, port }, signal) {
        const driver = await drivers.driver('ipmitool', { ...login, address, port, privilege })
        return await task.run(driver, { signal, timeoutMs })
      },
      failureOf: bmcFailure,
      onEnd({ host }, outcome) {
        const text = 'failure' in outcome ? `error: ${outcome.failure.message}` : resultText(outcome.result)
        output.line(alignRow([host, printable(text)], [width]))
      },
    })
  } finally {
    await drivers.close()
  }
}

async function loginOf(options: BmcOptions): Promise<Omit<Target, 'address' | 'port' | 'privilege'>> {
  const { username, cipherSuite, kgFile } = options
  const password = await readSecret({
    file: options.passwordFile,
    env: 'IPMI_PASSWORD',
    prompt: `password of ${username}`,
    ways: 'give it with --password-file or IPMI_PASSWORD',
  })
  const kg = kgFile === undefined ? undefined : await readKgFile(kgFile)
  const login = { username, password: new Secret(password), workarounds: [] }
  return { ...login, ...(kg && { kg }), ...(cipherSuite && { cipherSuite }) }
}
