import { join, resolve } from 'node:path'
import {
  type ChildProcessHandle,
  type FinishedProgram,
  runProgram,
  startProcess,
  type TestScope,
  tempFolder,
} from '@powerbus/testkit'

const root = resolve(import.meta.dirname, '../../../..')

/** The bundled command, with a home of its own. */
export interface BuiltCommand {
  readonly folder: string
  /** What a command sees: nothing of the person's own settings. */
  readonly env: Readonly<Record<string, string | undefined>>
  run(args: readonly string[], options?: CommandOptions): Promise<FinishedProgram>
  start(args: readonly string[], options?: CommandOptions): Promise<ChildProcessHandle>
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string
}

/** Bundles the command, and plugins of other services by their folder's name, as `npm run build` does. */
export async function buildCommand(scope: TestScope, plugins: readonly string[] = []): Promise<BuiltCommand> {
  const folder = tempFolder(scope)
  const powerbus = join(folder, 'bin/powerbus')
  await bundle('services/endpoint/src/main.ts', powerbus)
  for (const name of plugins) await bundle(`services/${name}/src/main.ts`, join(folder, 'plugins', name))
  const env = {
    POWERBUS_HOME: join(folder, 'state'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    IPMI_PASSWORD: undefined,
    RS_ENDPOINT: undefined,
    RS_TOKEN: undefined,
    NATS_URL: undefined,
    REDIS_URL: undefined,
    // What tap adds for its own child processes.
    NODE_OPTIONS: undefined,
  }
  const withEnv = (options: CommandOptions) => ({ ...options, env: { ...env, ...options.env } })
  return {
    folder,
    env,
    run: (args, options = {}) => runProgram(powerbus, args, withEnv(options)),
    start: (args, options = {}) => startProcess(scope, powerbus, args, withEnv(options)),
  }
}

async function bundle(entry: string, output: string): Promise<void> {
  const { code, stderr } = await runProgram(process.execPath, [join(root, 'tooling/bundle.mjs'), entry, output], {
    cwd: root,
    env: { NODE_OPTIONS: undefined },
  })
  if (code !== 0) throw new Error(`${entry} cannot be bundled: ${stderr}`)
}

/** The objects of JSON lines. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
