import { UsageError } from '../cli-error.ts'
import type { AddOptions } from '../commands/machines-command.ts'
import { paramsOf, toMachineRecord } from '../machine-record.ts'
import type { Output } from '../output.ts'
import { parseParamArguments } from '../param-arguments.ts'
import { readSecret } from '../password.ts'
import { findConnection } from './connection.ts'
import { withEndpoint } from './with-endpoint.ts'

/** Adds one machine; a name that is there already is refused. */
export async function addMachine(name: string, options: AddOptions, output: Output): Promise<void> {
  const { address, port, username, mode, description } = options
  const problems: string[] = []
  const plain = { name, address, port, username, mode, description }
  const record = toMachineRecord(plain, parseParamArguments(options.param), (problem) => problems.push(problem))
  if (problems.length > 0) throw new UsageError(problems.join('; '))
  const connection = await findConnection()
  const password = await readSecret({
    file: options.passwordFile,
    env: 'IPMI_PASSWORD',
    prompt: `password of ${username ?? 'the user'} on ${address}`,
    ways: 'give it with --password-file or IPMI_PASSWORD',
  })
  const params = paramsOf({ ...record, password })
  await withEndpoint(async (drp) => {
    if ((await drp.machines.list({ slim: ['Params', 'Meta'] })).some(({ Name }) => Name === name)) {
      throw new UsageError(`there is already a machine ${name}: 'powerbus machines import' changes machines`)
    }
    const machine = await drp.machines.create({ Name: name, Description: description ?? '', Params: params })
    if (options.json) output.json(machine)
    else output.line(`added ${name}`)
  }, connection)
}
