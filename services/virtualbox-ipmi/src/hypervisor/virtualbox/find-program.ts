import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { PowerbusError } from '@powerbus/plugin-sdk'

/** Names of VBoxManage, the usual one first. */
const NAMES = ['VBoxManage', 'vboxmanage']

/** Path of the command (a path, or a name on PATH), by default of VBoxManage on PATH. Throws TARGET_UNREACHABLE. */
export async function findProgram(command: string | undefined, path: string): Promise<string> {
  if (command?.includes('/')) {
    if (await isExecutable(command)) return command
    throw missing(`${command} (virtualbox/command) is not executable`)
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
    `${what}: install VirtualBox, or set virtualbox/command to the path of VBoxManage`,
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
