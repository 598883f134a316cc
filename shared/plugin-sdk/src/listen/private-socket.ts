import { lstat, unlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { probe } from './launcher-watch.ts'

/** Only the owner may connect: whoever may can power machines off. */
const OTHERS = 0o177
const PROBE_MS = 1_000

/**
 * Runs `bind` with the umask that makes its socket 0600 from the start: a chmod afterwards would leave a gap. An old socket file is
 * removed first, but no other kind of file, and none on which somebody still listens after `patienceMs` (a predecessor that is ending).
 * @throws Error that names the path
 */
export async function bindPrivately(
  path: string,
  host: NodeJS.Process,
  bind: () => Promise<unknown>,
  patienceMs = 5_000,
): Promise<void> {
  await removeOldSocket(path, performance.now() + patienceMs)
  const mask = host.umask(OTHERS)
  try {
    await bind()
  } finally {
    host.umask(mask)
  }
}

async function removeOldSocket(path: string, deadlineMs: number): Promise<void> {
  const stat = await lstat(path).catch(absent)
  if (!stat) return
  if (!stat.isSocket()) throw new Error(`${path} exists and is not a socket`)
  if (!(await probe(path, PROBE_MS))) {
    await unlink(path).catch(absent)
    return
  }
  if (performance.now() >= deadlineMs) throw new Error(`another process listens on ${path}`)
  await sleep(200)
  await removeOldSocket(path, deadlineMs)
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
