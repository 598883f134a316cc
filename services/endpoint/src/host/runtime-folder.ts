import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { readFileIfThere } from '@powerbus/store'

const PREFIX = 'powerbus-'
/** What a socket's path may have beside the folder's: sun_path is 104 bytes on macOS. */
const FOLDER_BYTES_MAX = 80

/**
 * Makes a private folder (0700) for sockets, with a short path, and removes the one that a killed run left. Where it is
 * is noted in `noteFile`; only the holder of the state folder may call this.
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
      // $XDG_RUNTIME_DIR may name a folder that is not there (su, containers): then the next one will do.
      if (index === short.length - 1) throw error
    }
  }
  throw new Error('no folder with a short path for sockets: set TMPDIR to one')
}

export async function removeRuntimeFolder(noteFile: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await rm(noteFile, { force: true })
}
