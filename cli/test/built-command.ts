import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  builtExecutable,
  type ChildProcessHandle,
  type FinishedProgram,
  runProgram,
  startProcess,
  type TestScope,
  tempFolder,
} from '@powerbus/testkit'

/** The built command, with a home of its own. */
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

/** The command of the last build beside these plugins of it and no others, in a folder that goes away with the test. */
export function copyCommand(scope: TestScope, plugins: readonly string[] = []): BuiltCommand {
  const folder = tempFolder(scope)
  const powerbus = join(folder, 'bin/powerbus')
  for (const name of ['bin/powerbus', ...plugins.map((plugin) => `plugins/${plugin}`)]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    copyFileSync(builtExecutable(name), join(folder, name))
  }
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

/** The objects of JSON lines. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
