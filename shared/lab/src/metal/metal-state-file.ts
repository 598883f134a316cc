import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { MetalCloudState } from './metal-cloud.ts'

export interface KeptCloud extends MetalCloudState {
  /** Port of the API, so that the next start has the same address. */
  readonly port: number
}

const FILE = 'metal.json'

/** The state stored in a folder; undefined if there is none. Rejects with the system's or the parser's error. */
export async function readMetalState(folder: string): Promise<KeptCloud | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, FILE), 'utf8')) as KeptCloud
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Returns a function that stores the state. It replaces the file atomically; only the owner can read it, since it
 * contains the API key. Writes run one after another. The promise resolves when a state at least as new as at the call
 * is stored.
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
