import { UsageError } from '../cli-error.ts'
import { type MachineRecord, toMachineRecord } from './machine-record.ts'
import type { Complain, RawEntry } from './raw-entry.ts'

interface Problem {
  readonly line: number
  readonly text: string
}

/** Largest file, in characters. */
const MAX_LENGTH = 64 * 1024 * 1024
/** Most problems that the message lists. */
const MAX_PROBLEMS = 20

/**
 * Parses the machines of a text: CSV where the file's name ends in `.csv`, else YAML. Throws a UsageError that lists
 * all problems with their lines.
 */
export async function parseMachines(fileName: string, text: string): Promise<MachineRecord[]> {
  if (text.length > MAX_LENGTH) throw new UsageError(`${fileName} is larger than ${MAX_LENGTH} characters`)
  const problems: Problem[] = []
  const complain: Complain = (line, problem) => void problems.push({ line, text: problem })
  const entries = await readEntries(fileName, text, complain)
  const firstLines = new Map<string, number>()
  const records = entries.map(({ line, values, params }) => {
    const record = toMachineRecord(values, params, (problem) => complain(line, problem))
    const first = firstLines.get(record.name)
    if (first === undefined) firstLines.set(record.name, line)
    else if (record.name !== '') complain(line, `'${record.name}' is already on line ${first}`)
    return record
  })
  if (problems.length > 0) throw new UsageError(listProblems(fileName, problems))
  if (records.length === 0) throw new UsageError(`${fileName} holds no machine`)
  return records
}

async function readEntries(fileName: string, text: string, complain: Complain): Promise<RawEntry[]> {
  if (/\.csv$/i.test(fileName)) return (await import('./import-csv.ts')).readCsv(text, complain)
  return (await import('./import-yaml.ts')).readYaml(text, complain)
}

function listProblems(fileName: string, problems: readonly Problem[]): string {
  const sorted = [...problems].sort((a, b) => a.line - b.line)
  const lines = sorted.slice(0, MAX_PROBLEMS).map(({ line, text }) => `  line ${line}: ${text}`)
  const more = sorted.length > MAX_PROBLEMS ? [`  and ${sorted.length - MAX_PROBLEMS} more`] : []
  return [`${fileName} cannot be imported; nothing was changed:`, ...lines, ...more].join('\n')
}
