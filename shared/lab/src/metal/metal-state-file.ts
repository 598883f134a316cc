import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { MetalCloudState } from './metal-cloud.ts'

export interface KeptCloud extends MetalCloudState {
  /** Of the API, so that it has the same address again. */
  readonly port: number
}

const FILE = 'metal.json'

/** What a folder's cloud was when it was last kept; undefined for a new one. Rejects with the system's or the parser's error. */
export async function readMetalState(folder: string): Promise<KeptCloud | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, FILE), 'utf8')) as KeptCloud
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Keeps the state whole: a new file, readable by its owner alone for the key in it, takes the old one's place. Writes come one after
 * another, and whoever waits for one of them waits for a state at least as new as its own.
 */
export function metalStateKeeper(folder: string, state: () => KeptCloud): () => Promise<void> {
  let writing: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= writing
      .catch(() => undefined)
      .then(() => {
        next = undefined
        writing = write(folder, state())
        return writing
      })
    return next
  }
}

async function write(folder: string, state: KeptCloud): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const fresh = join(folder, `${FILE}.new`)
  const file = await open(fresh, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(state))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(fresh, join(folder, FILE))
}
