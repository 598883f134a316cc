import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { link, open, readdir, rename, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { StoreError } from '../store-error.ts'

/** Longest socket path that every system accepts, in bytes (sun_path: 104 on macOS, 108 on Linux). */
const SOCKET_PATH_BYTES_MAX = 100
const NAME = 'lock'
const ATTEMPTS = 5

/** A folder held for this process. */
export interface FolderLock {
  release(): Promise<void>
}

/**
 * Locks a folder for this process by listening on a UNIX socket in it. The kernel closes the socket however the process
 * ends, so a stale lock refuses connections. Process ids are not compared: a reused id or another container's numbering
 * cannot mislead it. Throws STORE_LOCKED while another process holds the folder, STORE_UNAVAILABLE if the folder cannot
 * hold sockets.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const handle = await open(folder, 'r')
  // A path through the folder's descriptor is always short; only Linux has it.
  const base = Buffer.byteLength(folder) + 32 > SOCKET_PATH_BYTES_MAX ? `/proc/self/fd/${handle.fd}` : folder
  const own = `${NAME}.${process.pid}-${randomBytes(4).toString('hex')}`
  const server = createServer((socket) => socket.destroy())
  try {
    await listen(server, join(base, own))
    await claim(folder, base, own)
  } catch (error) {
    await close(server)
    await rm(join(folder, own), { force: true })
    await handle.close()
    if (error instanceof StoreError) throw error
    throw new StoreError('STORE_UNAVAILABLE', `cannot lock ${folder}: its file system must support UNIX sockets`, {
      cause: error,
    })
  }
  await removeDeadClaims(folder, base, own)
  return {
    async release() {
      await rm(join(folder, NAME), { force: true })
      await close(server)
      await rm(join(folder, own), { force: true })
      await handle.close()
    },
  }
}

/**
 * Links this process's socket to the lock's name, which only one process can do. Moves a dead holder's link away first.
 */
async function claim(folder: string, base: string, own: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await unlessExists(link(join(folder, own), join(folder, NAME)))) return
    if (await isAlive(join(base, NAME))) break
    const aside = `${own}.old`
    if (!(await unlessMissing(rename(join(folder, NAME), join(folder, aside))))) continue
    // Between the check and the move another process may have taken the lock: then its link is restored.
    const taken = await isAlive(join(base, aside))
    if (taken) await unlessExists(link(join(folder, aside), join(folder, NAME)))
    await rm(join(folder, aside), { force: true })
    if (taken) break
  }
  throw new StoreError('STORE_LOCKED', `${folder} is in use by another process: stop that process first`)
}

async function removeDeadClaims(folder: string, base: string, own: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${NAME}.`) || name === own || (await isAlive(join(base, name)))) continue
    await rm(join(folder, name), { force: true })
  }
}

async function listen(server: Server, path: string): Promise<void> {
  server.listen({ path })
  await once(server, 'listening')
  server.unref()
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

/** Whether a process listens on the socket. The kernel accepts at once even if that process is stopped (SIGSTOP). */
async function isAlive(path: string): Promise<boolean> {
  const socket = connect({ path })
  try {
    await once(socket, 'connect')
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return false
    // Other errors (full backlog, no permission) do not show that the holder is dead.
    return true
  } finally {
    socket.destroy()
  }
}

async function unlessExists(work: Promise<void>): Promise<boolean> {
  return unlessCode(work, 'EEXIST')
}

async function unlessMissing(work: Promise<void>): Promise<boolean> {
  return unlessCode(work, 'ENOENT')
}

async function unlessCode(work: Promise<void>, code: string): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return false
    throw error
  }
}
