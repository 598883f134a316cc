import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Replaces a file, whole or not at all; only its owner can read it (0600). A missing folder is made (0700). The content
 * is on disk when this ends. Rejects with the system's error.
 */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  await finish(path, content, (unfinished) => rename(unfinished, path))
}

/** The content of a file. Where it is missing, `make` gives it; content that another process wrote first wins. */
export async function readOrMakePrivateFile(path: string, make: () => Uint8Array): Promise<Buffer> {
  const present = await readFileIfThere(path)
  if (present !== undefined) return present
  await finish(path, make(), async (unfinished) => {
    await link(unfinished, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  })
  return await readFile(path)
}

/** The content of a file; undefined where there is no such file. Rejects with the system's error. */
export async function readFileIfThere(path: string): Promise<Buffer | undefined> {
  return await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/** Makes creations, renames and removals in the folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function finish(
  path: string,
  content: string | Uint8Array,
  place: (unfinished: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(unfinished, 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await place(unfinished)
    await syncFolder(dirname(path))
  } finally {
    await rm(unfinished, { force: true })
  }
}
