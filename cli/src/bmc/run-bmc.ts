import { bmcDrivers, keyBytes, type Target, type Workaround } from '@powerbus/bmc-drivers'
import { Secret } from '@powerbus/plugin-sdk/unshared'
import { parseBmcHosts } from '../bmc-host.ts'
import { UsageError } from '../cli-error.ts'
import type { Output } from '../output.ts'
import { readSecret } from '../password.ts'
import { sweep } from '../sweep.ts'
import { alignRow, printable } from '../table.ts'
import { type TlsWishes, tlsOptionsOf } from '../tls-options.ts'
import { bmcFailure } from './bmc-failure.ts'
import { type BmcMode, defaultPorts } from './bmc-modes.ts'
import { taskOf } from './bmc-task.ts'
import { parseBmcRequest } from './bmc-verbs.ts'
import { resultLines } from './result-lines.ts'

/** BMCs at once; the driver limits the datagrams itself. */
const DEFAULT_CONCURRENCY = 8192
/**
 * Of these, BMCs that began a moment ago: each takes 20 KB, and more of them are no faster. A change mostly waits for
 * its machine.
 */
const DEFAULT_QUICK = { reads: 256, changes: 1024 } as const

export interface BmcOptions extends TlsWishes {
  readonly username: string
  readonly passwordFile?: string
  readonly kgFile?: string
  readonly mode: BmcMode
  /** Of the mode; its default where absent. */
  readonly port?: number
  readonly ipmiPort: number
  readonly systemId?: string
  readonly redfishRules?: string
  readonly lparId?: string
  readonly racadmTransport: 'auto' | 'cgi' | 'ssh' | 'tool'
  readonly cipherSuite?: 3 | 17
  /** Milliseconds for all work at one BMC. */
  readonly timeout?: number
  readonly concurrency?: number
  readonly privilege?: 'user' | 'operator' | 'administrator'
  readonly persistent?: true
  readonly efi?: true
  readonly boot?: true
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
  const hosts = parseBmcHosts(expressions, options.port ?? defaultPorts[options.mode])
  const task = taskOf(request)
  const login = await loginOf(options)
  const privilege = options.privilege ?? task.privilege
  const timeoutMs = options.timeout ?? task.timeoutMs
  const drivers = bmcDrivers()
  const factory = await drivers.factory(options.mode)
  const width = Math.max(...hosts.map(({ host }) => host.length))
  try {
    await sweep({
      items: hosts,
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
      ...(options.concurrency === undefined && { quick: DEFAULT_QUICK[task.reads ? 'reads' : 'changes'] }),
      output,
      key: 'host',
      reads: task.reads,
      json: options.json === true,
      nameOf: ({ host }) => host,
      // No async function: one frame less is kept for each of thousands of BMCs.
      run: ({ address, port }, signal) => {
        return task.run(factory.driver(targetOf(login, address, port, privilege)), { signal, timeoutMs })
      },
      failureOf: bmcFailure,
      onEnd({ host }, outcome) {
        const [line = '', ...details] = outcome.ok
          ? resultLines(outcome.result)
          : [printable(`error: ${outcome.error.message}`)]
        output.line(alignRow([host, line], [width]))
        for (const detail of details) output.line(detail)
      },
    })
  } finally {
    await drivers.close()
  }
}

type Login = Omit<Target, 'address' | 'port' | 'privilege'>

/** Field by field for IPMI, where a spread of an object costs a sweep more than an answer of its BMC. */
function targetOf(login: Login, address: string, port: number, privilege: Target['privilege']): Target {
  const { username, password, kg, cipherSuite, workarounds, tls } = login
  if (tls) return { ...login, address, port, privilege }
  return { address, port, privilege, username, password, kg, cipherSuite, workarounds }
}

async function loginOf(options: BmcOptions): Promise<Login> {
  const { username, cipherSuite, kgFile, mode } = options
  const password = await readSecret({
    file: options.passwordFile,
    env: 'IPMI_PASSWORD',
    prompt: `password of ${username}`,
    ways: 'give it with --password-file or IPMI_PASSWORD',
  })
  const kg = kgFile === undefined ? undefined : await readKgFile(kgFile)
  const ipmi = { username, password: new Secret(password), kg, cipherSuite, workarounds: options.workaround }
  if (mode === 'ipmitool') return ipmi
  const { systemId, redfishRules, lparId, racadmTransport, ipmiPort } = options
  return {
    ...ipmi,
    ipmiPort,
    tls: tlsOptionsOf(options),
    redfish: { ...(systemId && { systemId }), ...(redfishRules && { rules: redfishRules }) },
    racadm: { transport: racadmTransport },
    ...(lparId && { lparId }),
  }
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
