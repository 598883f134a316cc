import { bmcDrivers, keyBytes, type Target, type Workaround } from '@powerbus/bmc-drivers'
import { Secret } from '@powerbus/plugin-sdk/unshared'
import { parseBmcHosts } from '../bmc-host.ts'
import { UsageError } from '../cli-error.ts'
import type { Output } from '../output.ts'
import { readSecret } from '../password.ts'
import { sweep } from '../sweep.ts'
import { alignRow, printable } from '../table.ts'
import { bmcFailure } from './bmc-failure.ts'
import { taskOf } from './bmc-task.ts'
import { parseBmcRequest } from './bmc-verbs.ts'

/** BMCs at once; the driver limits the datagrams itself. */
const DEFAULT_CONCURRENCY = 8192
/** Of these, BMCs that began a moment ago: each takes 20 KB, and more of them are no faster. */
const DEFAULT_QUICK = 350

export interface BmcOptions {
  readonly username: string
  readonly passwordFile?: string
  readonly kgFile?: string
  readonly port: number
  readonly cipherSuite?: 3 | 17
  /** Milliseconds for all work at one BMC. */
  readonly timeout?: number
  readonly concurrency?: number
  readonly privilege?: 'user' | 'operator' | 'administrator'
  readonly persistent?: true
  readonly efi?: true
  readonly resend?: true
  readonly json?: true
  readonly workaround: readonly Workaround[]
}

/** Runs a verb on many BMCs and prints each result as it comes. */
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
  const { username, password, kg, cipherSuite, workarounds } = login
  const factory = await drivers.factory('ipmitool')
  const width = Math.max(...hosts.map(({ host }) => host.length))
  try {
    await sweep({
      items: hosts,
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
      ...(options.concurrency === undefined && { quick: DEFAULT_QUICK }),
      output,
      key: 'host',
      reads: task.reads,
      json: options.json === true,
      nameOf: ({ host }) => host,
      // No async function: one frame less is kept for each of thousands of BMCs.
      run: ({ address, port }, signal) => {
        const target = { address, port, privilege, username, password, kg, cipherSuite, workarounds }
        return task.run(factory.driver(target), { signal, timeoutMs })
      },
      failureOf: bmcFailure,
      onEnd({ host }, outcome) {
        const text = outcome.ok ? resultText(outcome.result) : `error: ${outcome.error.message}`
        output.line(alignRow([host, printable(text)], [width]))
      },
    })
  } finally {
    await drivers.close()
  }
}

/** A result on one line: the power state, whether it changed, whether that is doubtful, and all other fields by name. */
function resultText(result: unknown): string {
  const { Power, Changed, Verified, ...others } = result as Record<string, unknown>
  const power = Power === undefined ? [] : [String(Power)]
  const change = Changed === undefined ? [] : [Changed === true ? '(changed)' : '(as it was)']
  const rest = Object.entries(others).map(([name, value]) => `${name}=${String(value)}`)
  const doubt = Verified === false ? ['done, not verified'] : []
  return [...power, ...change, ...doubt, ...rest].join(' ')
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
  return { username, password: new Secret(password), kg, cipherSuite, workarounds: options.workaround }
}

/** Reads K_g from a file: text of up to 20 bytes, or `0x` and up to 40 hexadecimal digits. Throws a UsageError. */
async function readKgFile(path: string): Promise<Secret> {
  const kg = new Secret(await readSecret({ file: path, prompt: 'K_g', ways: 'give it with --kg-file' }))
  try {
    keyBytes(kg, `K_g in ${path}`)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  return kg
}
