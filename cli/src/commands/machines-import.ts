import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { CliError, UsageError } from '../cli-error.ts'
import { failureOf } from '../endpoint/api-failure.ts'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { parseMachines } from '../imports/import-file.ts'
import { eachOf, type ImportStep, planImport } from '../imports/import-plan.ts'
import { type MachineRecord, ownParams } from '../imports/machine-record.ts'
import { checkParamNames } from '../objects/param-names.ts'
import type { Output } from '../output.ts'
import { readSecret } from '../password.ts'
import { formatTable } from '../table.ts'
import { listShortly } from '../targets.ts'

interface ImportOptions {
  readonly dryRun?: true
  readonly keepGoing?: true
  readonly passwordFile?: string
  readonly strict?: true
  readonly json?: true
}

const help = `
FILE is CSV (its name ends in .csv) with a heading line, or YAML: a list of maps, or one under the key 'machines'.
  name          name of the machine (required); an existing machine of that name is changed
  description   free text
  address       name or address of the machine's BMC
  port          UDP port of the BMC (default: 623)
  username      user of the BMC
  password      password of that user; default: the one in --password-file
  mode          driver for the BMC (default: ipmitool)
  param:NAME    CSV: any other param.      YAML: params: { NAME: VALUE }
The whole file is checked first; a wrong line means that nothing is changed. If the endpoint refuses a machine later,
the changes before it are undone, unless --keep-going is given.`

export function machinesImportCommand(machines: Command, output: Output): void {
  machines
    .command('import')
    .description('add or change the machines that a YAML or CSV file lists, all or none')
    .argument('<file>', 'see below')
    .option('--dry-run', 'check the file and print the changes without making them')
    .option('--keep-going', 'import all accepted machines, even if others are refused')
    .option('--password-file <file>', 'password for the rows that have none')
    .option('--strict', 'refuse params that nothing defines, instead of warning')
    .option('--json', 'one JSON array of {machine, change}')
    .addHelpText('after', help)
    .action((file: string, options: ImportOptions) => importMachines(file, options, output))
}

/** Adds and changes the machines that a file lists. A second import of the same file changes nothing. */
async function importMachines(path: string, options: ImportOptions, output: Output): Promise<void> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`cannot read ${path}`, { cause })
  })
  const records = await withDefaultPassword(await parseMachines(basename(path), text), options.passwordFile)
  await withEndpoint(async (drp) => {
    const names = records.flatMap(({ params }) => Object.keys(params)).filter((name) => !ownParams.has(name))
    await checkParamNames(drp, names, options)
    const steps = await planImport(drp, records)
    if (!options.dryRun) await (options.keepGoing ? applyWhatGoes(steps) : applyAllOrNone(steps))
    report(steps, options, output)
  })
}

async function withDefaultPassword(records: MachineRecord[], file: string | undefined): Promise<MachineRecord[]> {
  if (file === undefined) return records
  const password = await readSecret({ file, prompt: 'password', ways: 'give it with --password-file' })
  return records.map((record) => ({ ...record, params: { 'ipmi/password': password, ...record.params } }))
}

async function applyAllOrNone(steps: readonly ImportStep[]): Promise<void> {
  const touched: ImportStep[] = []
  try {
    await eachOf(steps, async (step) => {
      touched.push(step)
      await step.apply()
    })
  } catch (error) {
    const kept = await undo(touched)
    const what = kept.length === 0 ? 'nothing was imported' : `changed and could not be undone: ${listShortly(kept)}`
    throw new CliError(`${what}: ${failureOf(error).message}`, { cause: error })
  }
}

/** Undoes the steps. Returns the names of machines for which that failed. */
async function undo(steps: readonly ImportStep[]): Promise<string[]> {
  const kept: string[] = []
  await eachOf(steps, (step) => step.undo().catch(() => void kept.push(step.name)))
  return kept
}

async function applyWhatGoes(steps: readonly ImportStep[]): Promise<void> {
  const failures: string[] = []
  await eachOf(steps, async (step) => {
    await step.apply().catch((error: unknown) => failures.push(`${step.name}: ${failureOf(error).message}`))
  })
  if (failures.length > 0) throw new CliError(`${failures.length} of ${steps.length} failed\n${failures.join('\n')}`)
}

function report(steps: readonly ImportStep[], options: ImportOptions, output: Output): void {
  if (options.json) {
    output.json(steps.map(({ name, change, fields }) => ({ machine: name, change, fields })))
    return
  }
  const shown = steps.filter(({ change }) => change !== 'none')
  if (shown.length > 0) {
    const rows = shown.map(({ name, change, fields }) => [name, change, fields.join(', ')])
    output.lines(formatTable(['MACHINE', 'CHANGE', 'WHAT'], rows))
  }
  const count = (wanted: ImportStep['change']) => steps.filter(({ change }) => change === wanted).length
  const tense = options.dryRun ? 'would be ' : ''
  output.line(`${count('add')} ${tense}added, ${count('change')} ${tense}changed, ${count('none')} as they were`)
}
