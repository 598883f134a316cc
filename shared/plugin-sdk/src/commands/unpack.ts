import { constants } from 'node:fs'
import { lstat, mkdir, open, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Plugin } from '../plugin.ts'

/**
 * Writes the plugin's content files below DIR, which is created (0755) if missing. Rejects a path that leaves DIR and a
 * symbolic link below it.
 */
export async function unpack(plugin: Plugin, args: readonly string[]): Promise<void> {
  const [folder] = args
  if (!folder || args.length !== 1) throw new Error('unpack needs one argument: the folder to write to')
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const root = await realpath(folder)
  for (const file of plugin.content ?? []) await writeBelow(root, file.path, file.text)
}

async function writeBelow(root: string, path: string, text: string): Promise<void> {
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw new Error(`the content file ${path} is outside the folder; correct its path in the plugin`)
  for (let depth = 1; depth < parts.length; depth++) await makeFolder(join(root, ...parts.slice(0, depth)))
  const name = join(root, ...parts)
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW
  const file = await open(name, flags, 0o644).catch((cause) => {
    throw new Error(`${name} cannot be written in ${dirname(name)}: ${cause.code}`, { cause })
  })
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}

async function makeFolder(name: string): Promise<void> {
  await mkdir(name, { mode: 0o755 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  if (!(await lstat(name)).isDirectory())
    throw new Error(`${name} is not a folder: remove it, or unpack into another folder`)
}
