import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { CliError, UsageError } from '../cli-error.ts'
import type { ImportOptions } from '../commands/machines-command.ts'
import { parseMachines } from '../import-file.ts'
import type { MachineRecord } from '../machine-record.ts'
import type { Output } from '../output.ts'
import { readSecret } from '../password.ts'
import { formatTable } from '../table.ts'
import { listShortly } from '../targets.ts'
import { failureOf } from './endpoint-failure.ts'
import { eachOf, type ImportStep, planImport } from './import-plan.ts'
import { withEndpoint } from './with-endpoint.ts'

/** Adds and changes the machines that a file lists; the same file twice changes nothing the second time. */
export async function importMachines(path: string, options: ImportOptions, output: Output): Promise<void> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`cannot read ${path}`, { cause })
  })
  const records = await withDefaultPassword(await parseMachines(basename(path), text), options.passwordFile)
  await withEndpoint(async (drp) => {
    const steps = await planImport(drp, records)
    if (!options.dryRun) await (options.keepGoing ? applyWhatGoes(steps) : applyAllOrNone(steps))
    report(steps, options, output)
  })
}

async function withDefaultPassword(records: MachineRecord[], file: string | undefined): Promise<MachineRecord[]> {
  if (file === undefined) return records
  const password = await readSecret({ file, prompt: 'password', ways: 'give it with --password-file' })
  return records.map((record) => ({ password, ...record }))
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
    const what =
      kept.length === 0 ? 'nothing was imported' : `half imported, and cannot be taken back: ${listShortly(kept)}`
    throw new CliError(`${what}: ${failureOf(error).message}`, { cause: error })
  }
}

/** Names of those that could not be taken back. */
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
