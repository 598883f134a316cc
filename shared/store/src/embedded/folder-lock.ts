import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { link, open, readdir, rename, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { StoreError } from '../store-error.ts'

/** Longest socket path that every system takes (sun_path is 104 bytes on macOS and 108 on Linux). */
const SOCKET_PATH_BYTES_MAX = 100
const NAME = 'lock'
const ATTEMPTS = 5

export interface FolderLock {
  release(): Promise<void>
}

/**
 * Holds a folder for this process, by a UNIX socket in it that the process listens on. The kernel closes the socket
 * with the process, however it dies, so a stale lock refuses connections: no process id is compared, and neither a
 * reused id nor another container's numbering can deceive it.
 * Throws STORE_LOCKED while another holder lives.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const handle = await open(folder, 'r')
  // A path through the folder's descriptor is short whatever the folder's own path is; only Linux has it.
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
    throw new StoreError('STORE_UNAVAILABLE', `cannot lock ${folder}: its file system must take UNIX sockets`, {
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

/** Links our socket to the lock's name, which only one can do; a dead holder's link is moved away first. */
async function claim(folder: string, base: string, own: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await unlessExists(link(join(folder, own), join(folder, NAME)))) return
    if (await isAlive(join(base, NAME))) break
    const aside = `${own}.old`
    if (!(await unlessMissing(rename(join(folder, NAME), join(folder, aside))))) continue
    // Between the look and the move another process may have taken the lock: then it gets its link back.
    const taken = await isAlive(join(base, aside))
    if (taken) await unlessExists(link(join(folder, aside), join(folder, NAME)))
    await rm(join(folder, aside), { force: true })
    if (taken) break
  }
  throw new StoreError('STORE_LOCKED', `${folder} is in use by another process: stop that one first`)
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

/** A listening socket accepts at once, even where its process is stopped. */
async function isAlive(path: string): Promise<boolean> {
  const socket = connect({ path })
  try {
    await once(socket, 'connect')
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return false
    // Anything else (a full backlog, no permission) says nothing about the holder: taken as alive.
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
