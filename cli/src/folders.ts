import { realpathSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** State folder of a local endpoint: $POWERBUS_HOME, else `powerbus` in the user's state folder. */
export function defaultStateFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.POWERBUS_HOME) return resolve(env.POWERBUS_HOME)
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'powerbus')
}

/** Folder in which `powerbus login` saves URL and token. */
export function configFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'powerbus')
}

/** Whether the path is a file that this user can see. */
export async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() === true
}

/** The build puts the program in `bin/` and the plugins in `plugins/` beside it. */
export function pluginsBesideProgram(): string {
  const program = realpathSync(process.argv[1] ?? '')
  return join(dirname(dirname(program)), 'plugins')
}
