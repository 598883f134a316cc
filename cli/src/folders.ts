import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** Where a local endpoint keeps what must outlive it: $POWERBUS_HOME, else the user's state folder. */
export function defaultStateFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.POWERBUS_HOME) return resolve(env.POWERBUS_HOME)
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'powerbus')
}

/** Where `powerbus login` keeps the endpoint and token it was given. */
export function configFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'powerbus')
}

/** The build puts the program in `bin/` and the plugins in `plugins/`, side by side. */
export function pluginsBesideProgram(): string {
  const program = realpathSync(process.argv[1] ?? '')
  return join(dirname(dirname(program)), 'plugins')
}
