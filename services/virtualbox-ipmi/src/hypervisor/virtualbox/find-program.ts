import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { PowerbusError } from '@powerbus/plugin-sdk'

/** Its names, the one that most systems have first. */
const NAMES = ['VBoxManage', 'vboxmanage']

/**
 * Path of VBoxManage: of the command where one is given (a path, or a name to look for), or else on PATH.
 * Throws TARGET_UNREACHABLE where there is none.
 */
export async function findProgram(command: string | undefined, path: string): Promise<string> {
  if (command?.includes('/')) {
    if (await isExecutable(command)) return command
    throw missing(`${command} (virtualbox/command) is no program that can be run`)
  }
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  for (const name of command ? [command] : NAMES) {
    for (const folder of folders) {
      const file = join(folder, name)
      if (await isExecutable(file)) return file
    }
  }
  throw missing(`${command ?? NAMES.join(' or ')} is not on PATH`)
}

function missing(what: string): PowerbusError {
  return new PowerbusError(
    'TARGET_UNREACHABLE',
    `${what}: install VirtualBox, or name its program in virtualbox/command`,
  )
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR') return false
    throw error
  }
}
