import { cpus } from 'node:os'
import { alone } from './alone.ts'
import { numberOption, textOption } from './report.ts'
import type { Row } from './sweep/case.ts'
import { cases } from './sweep/cases.ts'
import { nodeBinary, versionOf } from './sweep/node-binary.ts'
import { programs } from './sweep/programs.ts'
import { tableOf } from './sweep/table.ts'

/** Names of cases from `--only NAME,NAME`; all without it. Throws for a name that is none. */
function chosen(): string[] {
  const all = Object.keys(cases)
  const names = textOption('only')?.split(',') ?? all
  const wrong = names.find((name) => !all.includes(name))
  if (wrong !== undefined) throw new Error(`--only takes ${all.join(', ')}; '${wrong}' is none of them`)
  return names
}

async function run(): Promise<void> {
  const count = numberOption('count', 1000)
  const rounds = numberOption('rounds', 5)
  const node = nodeBinary(numberOption('node', Number.parseInt(process.versions.node, 10)))
  const machine = { node: versionOf(node), cores: cpus().length, rounds }
  const isJson = process.argv.includes('--json')
  const rows: Row[] = []
  for (const name of chosen()) {
    const startMs = performance.now()
    try {
      await alone(async (scope) => {
        const options = { scope, programs: programs(scope, node), count, rounds }
        for await (const row of cases[name]?.(options) ?? []) {
          rows.push(row)
          if (isJson) process.stdout.write(`${JSON.stringify({ benchmark: 'sweep', ...machine, ...row })}\n`)
        }
      })
    } catch (error) {
      process.stderr.write(`sweep, ${name}: ${error instanceof Error ? error.stack : error}\n`)
      process.exitCode = 1
    }
    process.stderr.write(`${name}: ${((performance.now() - startMs) / 1000).toFixed(0)} s\n`)
  }
  if (isJson) return
  const title = `sweep: powerbus bmc on emulated BMCs, suite 3 (Node ${machine.node}, ${machine.cores} cores, medians of ${rounds})`
  process.stdout.write(`${title}\n${tableOf(rows)}\n`)
}

await run()
