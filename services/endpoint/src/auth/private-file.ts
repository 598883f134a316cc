import { link, open, readFile, rename, rm } from 'node:fs/promises'

/** Writes a file that only this user reads (0600): whole or not at all, and on disk when this is done. */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const unfinished = await writeUnfinished(path, content)
  await rename(unfinished, path)
}

/** The file's content, which is made first where there is none; what another process made meanwhile stays. */
export async function readOrMakePrivateFile(path: string, make: () => Promise<Uint8Array>): Promise<Buffer> {
  const present = await readIfThere(path)
  if (present !== undefined) return present
  const unfinished = await writeUnfinished(path, await make())
  try {
    await link(unfinished, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(unfinished, { force: true })
  }
  return await readFile(path)
}

async function writeUnfinished(path: string, content: string | Uint8Array): Promise<string> {
  const unfinished = `${path}.${process.pid}`
  await rm(unfinished, { force: true })
  const file = await open(unfinished, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  return unfinished
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
