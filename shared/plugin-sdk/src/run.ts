import { parseArgs } from 'node:util'
import { autocomplete } from './commands/autocomplete.ts'
import { unpack } from './commands/unpack.ts'
import { usage } from './commands/usage.ts'
import type { Invocation } from './invocation.ts'
import { manifestOf } from './manifest.ts'
import type { Plugin } from './plugin.ts'
import { serveFlags } from './serve/serve-flags.ts'

/** Main function of a plugin's executable (plugin contract §1): `run(plugin, process)`. Sets the exit code. */
export function run(plugin: Plugin, host: NodeJS.Process): void {
  void runCommand(plugin, host).then((code) => {
    host.exitCode = code
  })
}

/**
 * Runs the command in `host.argv` and returns its exit code: 0 done, 1 failed, 2 usage error. Never rejects. `listen`
 * and `serve` end the process themselves when the plugin has ended.
 */
export async function runCommand(plugin: Plugin, host: NodeJS.Process): Promise<number> {
  const line = commandLine(host.argv.slice(2))
  if ('problem' in line) {
    host.stderr.write(`${plugin.name}: ${line.problem}\n${usage(plugin)}`)
    return 2
  }
  if (line.help) {
    host.stdout.write(usage(plugin))
    return 0
  }
  const command = commands.get(line.command)
  if (!command) {
    host.stderr.write(`${plugin.name}: unknown command ${JSON.stringify(line.command)}\n${usage(plugin)}`)
    return 2
  }
  try {
    return await command({ plugin, host, args: line.args, flags: line.flags, debug: line.debug })
  } catch (error) {
    host.stderr.write(`${plugin.name} ${line.command}: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

const commands: ReadonlyMap<string, (invocation: Invocation) => Promise<number>> = new Map([
  // An endpoint reads all of stdout as one JSON document, so nothing else may be printed there.
  ['define', async ({ plugin, host }) => done(host.stdout.write(`${JSON.stringify(manifestOf(plugin, host.env))}\n`))],
  ['unpack', async ({ plugin, args }) => done(await unpack(plugin, args))],
  ['version', async ({ plugin, host }) => done(host.stdout.write(`Version: ${plugin.version}\n`))],
  ['autocomplete', async ({ plugin, args }) => done(await autocomplete(plugin, args))],
  ['listen', async (invocation) => (await import('./listen/listen.ts')).listen(invocation)],
  ['serve', async (invocation) => (await import('./serve/serve.ts')).serve(invocation)],
])

function done(_result: unknown): number {
  return 0
}

type CommandLine =
  | { readonly problem: string }
  | (Pick<Invocation, 'args' | 'flags' | 'debug'> & { readonly command: string; readonly help: boolean })

function commandLine(argv: readonly string[]): CommandLine {
  try {
    const options = {
      ...serveFlags,
      debug: { type: 'boolean', short: 'd' },
      help: { type: 'boolean', short: 'h' },
    } as const
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
    const [command = '', ...args] = positionals
    const { debug = false, help = false, ...flags } = values
    const [stray] = command === 'serve' ? [] : Object.keys(flags)
    if (stray !== undefined)
      return { problem: `--${stray} is a flag of serve, but the command is ${command || 'missing'}` }
    return { command, args, flags, debug, help }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}
