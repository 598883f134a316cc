import type { Command } from 'commander'
import { UsageError } from '../cli-error.ts'
import { findConnection } from '../endpoint/connection.ts'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { toMachineRecord } from '../imports/machine-record.ts'
import { checkParamUse } from '../objects/param-names.ts'
import { collect, wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'
import { parseParamArguments } from '../param-arguments.ts'
import { readSecret } from '../password.ts'

interface AddOptions {
  readonly address: string
  readonly port?: number
  readonly username?: string
  readonly passwordFile?: string
  readonly mode?: string
  readonly description?: string
  readonly param: readonly string[]
  readonly strict?: true
  readonly json?: true
}

export function machinesAddCommand(machines: Command, output: Output): void {
  machines
    .command('add')
    .description('add one machine; its password comes from a prompt, --password-file or IPMI_PASSWORD')
    .argument('<name>', 'name of the machine')
    .requiredOption('--address <address>', 'name or address of its BMC')
    .option('--port <port>', 'UDP port of the BMC', wholeNumber(0, 65_535))
    .option('--username <name>', 'user of the BMC')
    .option('--password-file <file>', 'file with the password on its first line; - reads standard input')
    .option('--mode <mode>', 'driver for the BMC', 'ipmitool')
    .option('--description <text>', 'free text')
    .option('--param <name=value>', 'another param; repeatable', collect, [])
    .option('--strict', 'refuse params that nothing defines, instead of warning')
    .option('--json', 'print the machine as JSON')
    .action((name: string, options: AddOptions) => addMachine(name, options, output))
}

/** Adds one machine. Throws a UsageError where the name is taken. */
async function addMachine(name: string, options: AddOptions, output: Output): Promise<void> {
  const { address, port, username, mode, description } = options
  const problems: string[] = []
  const plain = { name, address, port, username, mode, description }
  const given = parseParamArguments(options.param)
  const { params } = toMachineRecord(plain, given, (problem) => problems.push(problem))
  if (problems.length > 0) throw new UsageError(problems.join('; '))
  const connection = await findConnection()
  const password = await readSecret({
    file: options.passwordFile,
    env: 'IPMI_PASSWORD',
    prompt: `password of ${username ?? 'the user'} on ${address}`,
    ways: 'give it with --password-file or IPMI_PASSWORD',
  })
  await withEndpoint(async (drp) => {
    if ((await drp.machines.list({ slim: ['Params', 'Meta'] })).some(({ Name }) => Name === name)) {
      throw new UsageError(`machine ${name} exists already: change it with 'powerbus machines import'`)
    }
    await checkParamUse(drp, Object.keys(given), [], options)
    const machine = await drp.machines.create({
      Name: name,
      Description: description ?? '',
      Params: { ...params, 'ipmi/password': password },
    })
    if (options.json) output.json(machine)
    else output.line(`added ${name}`)
  }, connection)
}
