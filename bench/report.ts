import { cpus } from 'node:os'

export type Figures = Readonly<Record<string, number | string>>

/** Runs one benchmark and prints its figures: one JSON object with `--json`, else lines. A failure sets exit code 1. */
export async function report(name: string, measure: () => Promise<Figures>): Promise<void> {
  try {
    const figures = await measure()
    if (process.argv.includes('--json')) {
      process.stdout.write(
        `${JSON.stringify({ benchmark: name, node: process.version, cores: cpus().length, ...figures })}\n`,
      )
      return
    }
    const width = Math.max(...Object.keys(figures).map((key) => key.length))
    const lines = Object.entries(figures).map(([key, value]) => `  ${key.padEnd(width)}  ${value}`)
    process.stdout.write(`${name} (Node ${process.version}, ${cpus().length} cores)\n${lines.join('\n')}\n`)
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.stack : error}\n`)
    process.exitCode = 1
  }
}

/** A whole number from the command line, `--NAME N`. Throws on anything else. */
export function numberOption(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`)
  if (at < 0) return otherwise
  const value = Number(process.argv[at + 1])
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1`)
  return value
}

/** The word after `--NAME` on the command line; undefined without it. */
export function textOption(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}
