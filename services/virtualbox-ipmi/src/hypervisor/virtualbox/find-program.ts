import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { PowerbusError } from '@powerbus/plugin-sdk'

/** Names of VBoxManage, the usual one first. */
const NAMES = ['VBoxManage', 'vboxmanage']

/** Path of the command (a path, or a name on PATH), by default of VBoxManage on PATH. Throws TARGET_UNREACHABLE. */
export async function findProgram(command: string | undefined, path: string): Promise<string> {
  const isPath = command?.includes('/')
  const names = command === undefined ? NAMES : [command]
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  const files = isPath ? names : names.flatMap((name) => folders.map((folder) => join(folder, name)))
  for (const file of files) if (await isExecutable(file)) return file
  const what = isPath ? `${command} (virtualbox/command) is not executable` : `${names.join(' or ')} is not on PATH`
  const advice = 'install VirtualBox, or set virtualbox/command to the path of VBoxManage'
  throw new PowerbusError('TARGET_UNREACHABLE', `${what}: ${advice}`)
}

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
