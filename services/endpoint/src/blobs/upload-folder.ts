import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { PowerbusError } from '@powerbus/plugin-sdk'

/** Longest pause of a sender, in milliseconds. */
const IDLE_MS = 60_000

export interface UploadLimits {
  readonly bytesMax: number
  /** 60 000 by default. */
  readonly idleMs?: number
  /** Of the file; 0600 by default. */
  readonly mode?: number
}

/** A received file, which nobody sees until it is put in its place. */
export interface Upload {
  readonly path: string
  readonly bytes: number
  /** Hexadecimal. */
  readonly sha256: string
  /** Puts it in the place of `target`, whole or not at all, and durably. The folder of `target` must exist. */
  moveTo(target: string): Promise<void>
  /** Removes it, unless it was moved. */
  discard(): Promise<void>
}

/** A folder for files that are still being received. It must be on the file system of the files' later places. */
export class UploadFolder {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Removes what a killed process left there. */
  static async open(folder: string): Promise<UploadFolder> {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return new UploadFolder(folder)
  }

  /**
   * Writes what `source` sends to a file and syncs it. Throws REQUEST_TOO_LARGE, REQUEST_INVALID where the sender broke
   * off or paused too long, and STORE_UNAVAILABLE where the file cannot be written. Nothing is left then.
   */
  async receive(source: Readable, { bytesMax, idleMs = IDLE_MS, mode = 0o600 }: UploadLimits): Promise<Upload> {
    const path = join(this.#folder, randomUUID())
    const hash = createHash('sha256')
    const idle = new AbortController()
    let timer = setTimeout(() => idle.abort(), idleMs)
    let bytes = 0
    const checked = async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        clearTimeout(timer)
        bytes += chunk.length
        if (bytes > bytesMax) {
          throw new PowerbusError('REQUEST_TOO_LARGE', `the file is longer than ${bytesMax} bytes: it is not taken`)
        }
        hash.update(chunk)
        yield chunk
        timer = setTimeout(() => idle.abort(), idleMs)
      }
    }
    try {
      const target = createWriteStream(path, { flags: 'wx', mode, flush: true })
      await pipeline(source, checked, target, { signal: idle.signal })
    } catch (error) {
      await rm(path, { force: true })
      throw failure(error, idle.signal.aborted, idleMs)
    } finally {
      clearTimeout(timer)
    }
    return {
      path,
      bytes,
      sha256: hash.digest('hex'),
      async moveTo(target) {
        await rename(path, target)
        await syncFolder(dirname(target))
      },
      discard: () => rm(path, { force: true }),
    }
  }
}

/** Makes what was named, renamed or removed in the folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}

function failure(error: unknown, isIdle: boolean, idleMs: number): unknown {
  if (error instanceof PowerbusError) return error
  if (isIdle) {
    return new PowerbusError('REQUEST_INVALID', `nothing of the file came for ${idleMs} ms: send it again`)
  }
  const { code = '', syscall } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO' || code === 'EROFS') {
    const text = `the file cannot be written (${code}): make room in the state folder, then try again`
    return new PowerbusError('STORE_UNAVAILABLE', text, { cause: error })
  }
  if (syscall !== undefined && code !== 'ECONNRESET') return error
  return new PowerbusError('REQUEST_INVALID', 'the upload broke off before its end: send it again', { cause: error })
}
