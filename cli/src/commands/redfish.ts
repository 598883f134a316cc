import { RedfishClient } from '@powerbus/redfish'
import type { Command } from 'commander'
import { parseBmcHosts } from '../bmc-host.ts'
import { CliError, UsageError } from '../cli-error.ts'
import { seconds, wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'
import { readSecret } from '../password.ts'
import { addTlsOptions, type TlsWishes, tlsOptionsOf } from '../tls-options.ts'

interface RedfishOptions extends TlsWishes {
  readonly username: string
  readonly passwordFile?: string
  readonly port: number
  readonly timeout: number
  readonly json?: true
}

const help = `
PATH begins with /redfish; what is left out of it is put in front: Systems is /redfish/v1/Systems.
Only reads. The password comes from --password-file, else IPMI_PASSWORD, else a prompt. No argument takes it.`

export function redfishCommand(redfish: Command, output: Output): void {
  const get = redfish
    .command('get')
    .description('print one resource of a Redfish service')
    .argument('<path>', 'such as /redfish/v1/Systems')
    .argument('<host>', 'name or address of the BMC, with an optional :PORT')
    .requiredOption('-U, --username <name>', 'user of the BMC')
    .option('--password-file <file>', 'file with the password on its first line; - reads standard input')
    .option('-p, --port <port>', 'TCP port', wholeNumber(1, 65_535), 443)
    .option('--timeout <seconds>', 'longest time, login and all', seconds(3600), 60_000)
    .option('--json', 'the resource on one line')
    .addHelpText('after', help)
    .action((path: string, host: string, options: RedfishOptions) => getResource(path, host, options, output))
  addTlsOptions(get)
}

async function getResource(path: string, host: string, options: RedfishOptions, output: Output): Promise<void> {
  const { username, port: defaultPort, timeout, passwordFile } = options
  const whole = wholePath(path)
  const [bmc, another] = parseBmcHosts([host], defaultPort)
  if (!bmc || another) throw new UsageError('redfish get takes one host')
  const password = await readSecret({
    file: passwordFile,
    env: 'IPMI_PASSWORD',
    prompt: `password of ${username}`,
    ways: 'give it with --password-file or IPMI_PASSWORD',
  })
  const { address, port } = bmc
  const { verify, ca, fingerprint } = tlsOptionsOf(options)
  const tls = { verify, ...(ca !== undefined && { ca }), ...(fingerprint !== undefined && { fingerprint }) }
  const client = new RedfishClient()
  try {
    const connection = client.connect({ address, port, username, password, tls })
    const { body } = await connection.get(whole, { signal: output.signal, timeoutMs: timeout })
    output.line(options.json ? JSON.stringify(body) : JSON.stringify(body, null, 2))
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error))
  } finally {
    await client.close()
  }
}

function wholePath(path: string): string {
  if (path.startsWith('/redfish')) return path
  if (path.startsWith('/')) throw new UsageError(`${path} is no path of Redfish: it begins with /redfish`)
  return `/redfish/v1/${path}`
}
