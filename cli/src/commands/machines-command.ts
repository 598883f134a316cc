import type { Command } from 'commander'
import { collect, wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'

export interface ListOptions {
  readonly json?: true
}

export interface AddOptions {
  readonly address: string
  readonly port?: number
  readonly username?: string
  readonly passwordFile?: string
  readonly mode?: string
  readonly description?: string
  readonly param: readonly string[]
  readonly json?: true
}

export interface ImportOptions {
  readonly dryRun?: true
  readonly keepGoing?: true
  readonly passwordFile?: string
  readonly json?: true
}

export interface RemoveOptions {
  readonly all?: true
  readonly yes?: true
  readonly json?: true
}

const importHelp = `
FILE is CSV (its name ends in .csv) with a heading line, or YAML: a list of maps, or one under the key 'machines'.
  name          name of the machine (required; a machine of that name is changed, not added twice)
  description   free text
  address       name or address of the machine's BMC
  port          UDP port of the BMC (0 or none: 623)
  username      user of the BMC
  password      password of that user; rows without one get that of --password-file, where given
  mode          how the BMC is spoken to (none: ipmitool)
  param:NAME    CSV: any other param.      YAML: params: { NAME: VALUE }
The whole file is checked first, and nothing is changed if a line of it is wrong. If the endpoint refuses a machine
later, what was done is taken back, unless --keep-going is given.`

export function addMachinesCommand(program: Command, output: Output): void {
  const machines = program.command('machines').description('list, add, import and remove machines')
  machines
    .command('list', { isDefault: true })
    .description('list the machines')
    .argument('[targets...]', "names or ranges such as 'node-[01-08]' (default: all)")
    .option('--json', 'one JSON array')
    .action(async (targets: string[], options: ListOptions) => {
      const { listMachines } = await import('../endpoint/list-machines.ts')
      await listMachines(targets, options, output)
    })
  machines
    .command('add')
    .description('add one machine; its password comes from a prompt, --password-file or IPMI_PASSWORD')
    .argument('<name>', 'name of the machine')
    .requiredOption('--address <address>', 'name or address of its BMC')
    .option('--port <port>', 'UDP port of the BMC', wholeNumber(0, 65_535))
    .option('--username <name>', 'user of the BMC')
    .option('--password-file <file>', 'file with the password on its first line; - reads standard input')
    .option('--mode <mode>', 'how the BMC is spoken to', 'ipmitool')
    .option('--description <text>', 'free text')
    .option('--param <name=value>', 'a further param; may be given often', collect, [])
    .option('--json', 'the machine as JSON')
    .action(async (name: string, options: AddOptions) => {
      const { addMachine } = await import('../endpoint/add-machine.ts')
      await addMachine(name, options, output)
    })
  machines
    .command('import')
    .description('add or change the machines that a YAML or CSV file lists, all or none')
    .argument('<file>', 'see below')
    .option('--dry-run', 'check the file and say what would change')
    .option('--keep-going', 'import what can be imported, instead of all or none')
    .option('--password-file <file>', 'password for the rows that have none')
    .option('--json', 'one JSON array of {machine, change}')
    .addHelpText('after', importHelp)
    .action(async (file: string, options: ImportOptions) => {
      const { importMachines } = await import('../endpoint/import-machines.ts')
      await importMachines(file, options, output)
    })
  machines
    .command('remove')
    .description('remove machines from the endpoint; the machines themselves are left alone')
    .argument('[targets...]', "names or ranges such as 'node-[01-08]'")
    .option('--all', 'all machines')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'one JSON object per machine and line')
    .action(async (targets: string[], options: RemoveOptions) => {
      const { removeMachines } = await import('../endpoint/remove-machines.ts')
      await removeMachines(targets, options, output)
    })
}
