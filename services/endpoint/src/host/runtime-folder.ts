import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { readFileIfThere } from '@powerbus/store'

const PREFIX = 'powerbus-'
/** Leaves room for the socket's name: sun_path has 104 bytes on macOS. */
const FOLDER_BYTES_MAX = 80

/**
 * Makes a private folder (0700) with a short path for sockets. `noteFile` gets its path, by which the next run removes
 * the folder of a killed one. Only the process that has locked the state folder may call this.
 */
export async function makeRuntimeFolder(noteFile: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const left = String((await readFileIfThere(noteFile)) ?? '')
  if (basename(left).startsWith(PREFIX)) await rm(left, { recursive: true, force: true })
  const parents = [env.XDG_RUNTIME_DIR ?? '', tmpdir(), '/tmp'].filter((parent) => parent !== '')
  const short = parents.filter((parent) => Buffer.byteLength(join(parent, `${PREFIX}XXXXXX`)) <= FOLDER_BYTES_MAX)
  for (const [index, parent] of short.entries()) {
    try {
      const folder = await mkdtemp(join(parent, PREFIX))
      await writeFile(noteFile, folder, { mode: 0o600 })
      return folder
    } catch (error) {
      // $XDG_RUNTIME_DIR may name a missing folder (su, containers).
      if (index === short.length - 1) throw error
    }
  }
  throw new Error('no folder with a short path for sockets: set TMPDIR to one')
}

export async function removeRuntimeFolder(noteFile: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await rm(noteFile, { force: true })
}
