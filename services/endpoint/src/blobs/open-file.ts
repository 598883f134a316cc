import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Slots } from '@powerbus/turns'

/** Checksums kept in memory. */
const SUMS_MAX = 10_000
const sums = new Map<string, string>()
/** A checksum takes as long as its file is read; one file at a time. */
const hashing = new Slots(1)

/** An open file, whose content, length and checksum belong together, even if its path has another file by now. */
export interface OpenFile {
  /** To be closed by whoever opened it. */
  readonly handle: FileHandle
  readonly bytes: number
  /** SHA-256 in hexadecimal. The file is read for it when it is asked for the first time. */
  sum(): Promise<string>
}

/** Undefined for what is no regular file. Throws the error of the file system. */
export async function openFile(path: string): Promise<OpenFile | undefined> {
  // Without waiting: to open a pipe would.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = await handle.stat()
    if (stats.isFile()) {
      const { size, mtimeMs, ino, dev } = stats
      const key = [dev, ino, size, mtimeMs].join(' ')
      return { handle, bytes: size, sum: async () => sums.get(key) ?? (await hashing.run(() => hash(handle, key))) }
    }
    await handle.close()
    return undefined
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function hash(handle: FileHandle, key: string): Promise<string> {
  const digest = createHash('sha256')
  await pipeline(handle.createReadStream({ start: 0, autoClose: false }), digest)
  const sum = digest.digest('hex')
  if (sums.size >= SUMS_MAX) sums.clear()
  sums.set(key, sum)
  return sum
}
